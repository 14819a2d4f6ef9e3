"""Pictures one after the other, as a film or an animation."""

import importlib.util
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from zoo.utils.files import replacing

ANIMATIONS = (".gif", ".webp")
FILMS = (*ANIMATIONS, ".mp4")
"""Endings of files that hold many pictures."""


def check_film(path: pathlib.Path) -> None:
    """Makes sure, before the pictures are made, that a film can be written.

    Args:
        path: The file.

    Raises:
        ValueError: Another ending than those of `FILMS`.
        ImportError: What writes it is not installed.
    """
    ending = path.suffix.lower()
    if ending not in FILMS:
        raise ValueError(
            f"Expected a file that ends in one of {', '.join(FILMS)}. "
            f"Received: {str(path)!r}"
        )
    packages = ("imageio", "imageio_ffmpeg") if ending == ".mp4" else ()
    if any(importlib.util.find_spec(x) is None for x in packages):
        raise ImportError(
            "To write .mp4 files needs: pip install 'keras-generative-zoo"
            "[video]' (imageio and imageio-ffmpeg); .gif and .webp need "
            f"nothing more. Received: {str(path)!r}"
        )


def save_film(
    pictures: Sequence[Image.Image], path: pathlib.Path, fps: float = 15
) -> None:
    """Writes pictures as a film, whole or not at all.

    Animations run over and over. A GIF's times are in hundredths of a second,
    which it is rounded to.

    Args:
        pictures: Pictures of one size and mode, at least one.
        path: File to write: `.gif`, `.webp` or `.mp4`.
        fps: Pictures per second, at most 50, which is what browsers show of a
            GIF.

    Raises:
        ValueError: Another ending, or pictures per second that are not in (0,
            50].
        ImportError: What writes it is not installed.
    """
    check_film(path)
    if not 0 < fps <= 50:
        raise ValueError(
            f"Argument `fps` must be in (0, 50]. Received: fps={fps}"
        )
    with replacing(path) as temporary:
        if path.suffix.lower() in ANIMATIONS:
            _save_animation(pictures, temporary, fps)
        else:
            _save_mp4(pictures, temporary, fps)


def _save_animation(pictures, path, fps):
    # GIFs count hundredths of a second.
    options = {"duration": 10 * round(100 / fps), "loop": 0}
    if path.suffix.lower() == ".webp":
        options |= {"duration": round(1000 / fps), "lossless": True}
    elif pictures[0].mode != "L":
        pictures = _of_one_palette([x.convert("RGB") for x in pictures])
    pictures[0].save(
        path, save_all=True, append_images=list(pictures[1:]), **options
    )


def _of_one_palette(pictures):
    """Colours of all pictures: palettes of their own would flicker."""
    some = pictures[:: max(1, len(pictures) // 16)]
    width, height = some[0].size
    joined = Image.new("RGB", (width, height * len(some)))
    for i, picture in enumerate(some):
        joined.paste(picture, (0, i * height))
    palette = joined.quantize(256, method=Image.Quantize.MEDIANCUT)
    return [x.quantize(palette=palette) for x in pictures]


def _save_mp4(pictures, path, fps):
    # Optional, and not quick to import.
    import imageio.v2 as imageio

    width, height = pictures[0].size
    even = ((0, height % 2), (0, width % 2), (0, 0))  # As H.264 asks.
    writer: Any = imageio.get_writer(
        path, format="FFMPEG", fps=fps, quality=8, macro_block_size=2
    )
    with writer as film:
        for picture in pictures:
            pixels = np.asarray(picture.convert("RGB"))
            film.append_data(np.pad(pixels, even, mode="edge"))
