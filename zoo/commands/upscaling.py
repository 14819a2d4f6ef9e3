"""Enlarging image files: `zoo upscale`."""

import pathlib
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from zoo.engine.generative_model import GenerativeModel
from zoo.models.super_resolution.super_resolution import (
    SuperResolution,
)
from zoo.utils.files import output_directory
from zoo.utils.grids import from_uint8, save_picture, to_picture, to_uint8
from zoo.utils.images import MODES, image_files, open_image


def upscale_files(
    model: GenerativeModel,
    files: Iterable[pathlib.Path],
    directory: pathlib.Path,
) -> Iterator[pathlib.Path]:
    """Enlarges image files of any size, one after the other.

    Transparency is enlarged by Pillow's bicubic filter. Photos are turned
    upright by their EXIF tag.

    Args:
        model: A `zoo.SRResNet` or `zoo.SRGAN` of grey or RGB images.
        files: The images, and folders of them.
        directory: Where the results go, as PNG files of the same names.

    Yields:
        The file of each result, once it is written.

    Raises:
        ValueError: Another model, a file that is no image, or two of the same
            name.
        FileNotFoundError: There is no such file or folder.
        OSError: A result can't be written.
    """
    if not isinstance(model, SuperResolution) or model.channels not in (1, 3):
        raise ValueError(
            "Expected a zoo.SRResNet or zoo.SRGAN of grey or RGB images. "
            f"Received: {type(model).__name__}"
        )
    paths = image_files(files)
    directory = output_directory(directory)
    for path in paths:
        result = directory / f"{path.stem}.png"
        save_picture(_upscaled(model, open_image(path)), result)
        yield result


def _upscaled(model, image):
    transparent = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA") if transparent else image
    pixels = np.asarray(image.convert(MODES[model.channels]))
    low = from_uint8(pixels.reshape(1, *pixels.shape[:2], model.channels))
    (high,) = to_uint8(model.upscale(low))
    picture = to_picture(high)
    if transparent:
        alpha = image.getchannel("A")
        picture.putalpha(alpha.resize(picture.size, Image.Resampling.BICUBIC))
    return picture
