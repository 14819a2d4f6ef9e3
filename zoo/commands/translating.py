"""Translating image files: what `zoo translate` runs."""

import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from zoo.utils import checks
from zoo.utils.files import output_directory
from zoo.utils.grids import from_uint8, save_picture, to_picture, to_uint8
from zoo.utils.images import MODES, image_files, open_image

CHUNK = 256
"""Images held in memory; batches are parts of it, so that their size changes
no noise."""


def translate_files(
    model: Any,
    paths: Iterable[pathlib.Path],
    output: pathlib.Path,
    batch_size: int = 16,
    **arguments: Any,
) -> list[pathlib.Path]:
    """Translates image files, and writes PNG files of the same names.

    Images are turned upright, cut to their centre square and resized to the
    model's size by an antialiased bicubic filter.

    Args:
        model: A model with `translate` and `source_shape` or `image_shape`.
        paths: Image files, and folders of them.
        output: Directory to write to; made if it is not there.
        batch_size: Images that are translated at a time.
        **arguments: Further arguments of the model's `translate`.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: A file is no image, two have one name, or there is none.
        OSError: `output` can't be written to.
    """
    checks.positive_integer("batch_size", batch_size)
    files = image_files(paths)
    output = output_directory(output)
    shape = getattr(model, "source_shape", model.image_shape)
    written = [output / f"{file.stem}.png" for file in files]
    for start in range(0, len(files), CHUNK):
        chosen = slice(start, start + CHUNK)
        images = np.stack([read_image(f, shape) for f in files[chosen]])
        made = model.translate(images, batch_size=batch_size, **arguments)
        for pixels, path in zip(to_uint8(made), written[chosen], strict=True):
            save_picture(to_picture(pixels), path)
    return written


def read_image(path: pathlib.Path, shape: Sequence[int]) -> np.ndarray:
    """Reads an image as a model takes it.

    Args:
        path: The file.
        shape: `(height, width, channels)`.

    Returns:
        float32 array of that shape in [-1, 1].

    Raises:
        ValueError: It is no image that can be read.
    """
    height, width, channels = shape
    if channels not in MODES:
        raise ValueError(
            f"Files hold 1, 3 or 4 channels. Received: a model of {channels}"
        )
    image = open_image(path).convert(MODES[channels])
    image = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    return from_uint8(np.asarray(image).reshape(shape))
