"""Images as 8-bit pictures, alone or side by side."""

import os
import pathlib
from typing import Any

import keras
import numpy as np
from PIL import Image

from zoo.utils.files import replacing


def to_uint8(images: Any) -> np.ndarray:
    """Maps images from [-1, 1] to grey levels, rounded and clipped.

    Args:
        images: Float array or tensor in [-1, 1].

    Returns:
        uint8 array of the same shape.
    """
    images = keras.ops.convert_to_numpy(images).astype("float32")
    return np.clip(np.rint((images + 1) * 127.5), 0, 255).astype("uint8")


def from_uint8(pixels: np.ndarray) -> np.ndarray:
    """Maps grey levels back to [-1, 1].

    Args:
        pixels: uint8 array.

    Returns:
        float32 array of the same shape.
    """
    return np.asarray(pixels, "float32") / 127.5 - 1


def beside(*images: np.ndarray) -> np.ndarray:
    """Joins batches of images side by side.

    Args:
        *images: Arrays `(count, height, width, channels)` of one count and
            height; grey ones are repeated where others have colours.

    Returns:
        Array `(count, height, sum of widths, most channels)`.
    """
    channels = max(x.shape[-1] for x in images)
    alike = [x.repeat(channels // x.shape[-1], axis=-1) for x in images]
    return np.concatenate(alike, axis=2)


def image_grid(
    images: Any, columns: int, padding: int = 2, scale: int | None = None
) -> Image.Image:
    """Lays images out in rows.

    Args:
        images: `(count, height, width, channels)` in [-1, 1], one to four
            channels.
        columns: Images per row; a last row that is not full is left white.
        padding: White pixels around each image.
        scale: Whole factor by which each pixel is repeated, so that small
            images can be looked at; by default images are made at least 64
            pixels wide.

    Returns:
        A `PIL.Image.Image` in mode L, RGB or RGBA.
    """
    pixels = to_uint8(images)
    scale = scale or max(1, 64 // pixels.shape[2])
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    pixels = np.pad(
        pixels,
        [(0, -len(pixels) % columns), *[(padding, padding)] * 2, (0, 0)],
        constant_values=255,
    )
    count, height, width, channels = pixels.shape
    pixels[len(images) :] = 255
    rows = pixels.reshape(count // columns, columns, height, width, channels)
    rows = rows.transpose(0, 2, 1, 3, 4)
    return to_picture(rows.reshape(-1, columns * width, channels))


def to_picture(pixels: np.ndarray) -> Image.Image:
    """Returns pixels as a picture.

    Args:
        pixels: uint8 `(height, width, channels)` with 1 to 4 channels.

    Returns:
        A `PIL.Image.Image` in mode L, RGB or RGBA.
    """
    channels = pixels.shape[-1]
    if channels == 1:
        return Image.fromarray(pixels[..., 0])
    if channels == 2:  # No mode of two channels: shown as red and green.
        pixels = np.concatenate([pixels, np.zeros_like(pixels[..., :1])], -1)
    return Image.fromarray(pixels)


def save_picture(
    picture: Image.Image, path: str | os.PathLike, **options: Any
) -> None:
    """Writes a picture, whole or not at all.

    Args:
        picture: `PIL.Image.Image`.
        path: File to write; its ending gives the format.
        **options: Of Pillow's `save`, such as `icc_profile`.
    """
    with replacing(path) as temporary:
        picture.save(temporary, **options)


def save_pictures(images: Any, directory: pathlib.Path) -> pathlib.Path:
    """Writes each image as a PNG file, named by its number.

    Args:
        images: `(count, height, width, channels)` in [-1, 1], one to four
            channels.
        directory: Folder to write to.

    Returns:
        The folder.

    Raises:
        ValueError: It has files of such names, which would be mixed with
            these.
    """
    digits = max(5, len(str(len(images) - 1)))
    if any(path.stem.isdigit() for path in directory.glob("*.png")):
        raise ValueError(
            "Expected a folder without numbered pictures of before. "
            f"Received: {str(directory)!r}"
        )
    for number, pixels in enumerate(to_uint8(images)):
        save_picture(to_picture(pixels), directory / f"{number:0{digits}}.png")
    return directory
