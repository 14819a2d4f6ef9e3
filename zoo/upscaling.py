"""Enlarging image files: `zoo upscale`."""

import os
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageOps

from zoo.files import output_directory
from zoo.generative_model import GenerativeModel
from zoo.grids import from_uint8, save_picture, to_uint8
from zoo.models.super_resolution import SuperResolution

MODES = {1: "L", 3: "RGB"}


def upscale_files(
    model: GenerativeModel,
    files: Sequence[str | os.PathLike],
    directory: str | os.PathLike,
) -> Iterator[pathlib.Path]:
    """Enlarges image files of any size, one after the other.

    Transparency is enlarged by Pillow's bicubic filter. Photos are turned
    upright by their EXIF tag.

    Args:
        model: A `zoo.SRResNet` or `zoo.SRGAN` of grey or RGB images.
        files: The images.
        directory: Where the results go, as PNG files of the same names.

    Yields:
        The file of each result, once it is written.

    Raises:
        ValueError: Another model, a file that is no image, or two of the same
            name.
        OSError: A file is not there, or can't be written.
    """
    if not isinstance(model, SuperResolution) or model.channels not in MODES:
        raise ValueError(
            "Expected a zoo.SRResNet or zoo.SRGAN of grey or RGB images. "
            f"Received: {type(model).__name__}"
        )
    paths = [pathlib.Path(file).expanduser() for file in files]
    names = [path.stem for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            "Expected images of different names, since all results go to one "
            f"directory. Received: {', '.join(twice)} more than once"
        )
    directory = output_directory(directory)
    for path in paths:
        result = directory / f"{path.stem}.png"
        save_picture(_upscaled(model, _opened(path)), result)
        yield result


def _opened(path):
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise
    except Exception as error:  # Pillow raises nearly anything.
        raise ValueError(
            f"Can't read the image {path}: {error}. Received: "
            f"{path.stat().st_size} bytes"
        ) from error


def _upscaled(model, image):
    transparent = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA") if transparent else image
    pixels = np.asarray(image.convert(MODES[model.channels]))
    low = from_uint8(pixels.reshape(1, *pixels.shape[:2], model.channels))
    (high,) = to_uint8(model.upscale(low))
    picture = Image.fromarray(high[..., 0] if model.channels == 1 else high)
    if transparent:
        alpha = image.getchannel("A")
        picture.putalpha(alpha.resize(picture.size, Image.Resampling.BICUBIC))
    return picture
