"""Enlarging image files: `zoo upscale`."""

import functools
import math
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from zoo.engine.generative_model import GenerativeModel
from zoo.models.super_resolution.super_resolution import (
    SuperResolution,
)
from zoo.utils import checks, images, pixels, tiles
from zoo.utils.files import output_directory
from zoo.utils.grids import from_uint8, save_picture, to_picture, to_uint8

_VALUES = 12_000_000
"""Values of one map at high resolution; a step of a network holds a dozen."""

_LEAST = 64
_REACH, _RAMP = 12, 8
"""What is farther than this from a pixel changes it by less than a grey
level, even where the network looks farther: seen on noise."""


def upscale_files(
    model: GenerativeModel,
    files: Iterable[pathlib.Path],
    directory: pathlib.Path,
    tile: int | None = None,
    report: Callable[[str, int, int], Any] = lambda name, done, total: None,
    complain: Callable[[str], Any] = warnings.warn,
) -> Iterator[pathlib.Path]:
    """Enlarges image files of any size, one after the other.

    Photos are turned upright by their EXIF tag and keep their colour profile,
    grey ones stay grey. Transparency is enlarged by Pillow's bicubic filter;
    colours are spread outward under it first.

    Args:
        model: A `zoo.SRResNet` or `zoo.SRGAN` of grey or RGB images.
        files: The images, and folders of them.
        directory: Where the results go, as PNG files of the same names.
        tile: Height and width in pixels of the pieces in which larger images
            are enlarged, from 64; `None` for one by the network's size.
            Memory grows with its square.
        report: Called with an image's name, the number of its pieces that are
            done, and that of all.
        complain: Called with what is wrong with a file that is left out.

    Yields:
        The file of each result, once it is written.

    Raises:
        ValueError: Another model, no image that can be read, two of the same
            name, or results that would lie beside the originals.
        FileNotFoundError: There is no such file or folder.
        OSError: A result can't be written.
    """
    if not isinstance(model, SuperResolution) or model.channels not in (1, 3):
        raise ValueError(
            "Expected a zoo.SRResNet or zoo.SRGAN of grey or RGB images. "
            f"Received: {type(model).__name__}"
        )
    if tile is None:
        side = math.isqrt(_VALUES // model.filters) // model.scale
        tile = max(_LEAST, side // 16 * 16)
    if checks.positive_integer("tile", tile) < _LEAST:
        raise ValueError(
            f"Argument `tile` must be at least {_LEAST}. Received: tile={tile}"
        )
    directory = pathlib.Path(directory).expanduser()
    paths = images.image_files(files, directory)
    results = images.results_of(paths, directory)
    output_directory(directory)
    for file, image in images.opened(paths, complain):
        picture = _upscaled(
            model, image, tile, functools.partial(report, file.name)
        )
        results[file].parent.mkdir(parents=True, exist_ok=True)
        profile = pixels.profile_of(image, picture.mode)
        save_picture(picture, results[file], **profile)
        yield results[file]


def _upscaled(model, image, tile, report):
    alpha = None
    grey = pixels.is_grey(image) or model.channels == 1
    if pixels.is_transparent(image):
        image = pixels.converted(image, 4)
        alpha = image.getchannel("A")
        image = pixels.spread_colours(image)
    image = pixels.converted(image, model.channels)

    def make(box: tiles.Box) -> Image.Image:
        low = np.asarray(image.crop(box))
        shape = (1, *low.shape[:2], model.channels)
        (high,) = to_uint8(model.upscale(from_uint8(low.reshape(shape))))
        picture = to_picture(high)
        picture = picture.convert("L") if grey else picture
        if alpha is not None:
            bicubic = Image.Resampling.BICUBIC
            picture.putalpha(alpha.resize(picture.size, bicubic, box))
        return picture

    return tiles.paint(
        image.size,
        make,
        side=tile,
        margin=min(model.reach, _REACH),
        ramp=_RAMP,
        scale=model.scale,
        report=report,
    )
