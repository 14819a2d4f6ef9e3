"""Translating image files: what `zoo translate` runs."""

import dataclasses
import functools
import inspect
import math
import pathlib
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from PIL import Image

from zoo.utils import checks, images, pixels, tiles
from zoo.utils.files import output_directory
from zoo.utils.grids import from_uint8, save_picture, to_picture, to_uint8

CHUNK = 256
"""Images held in memory; batches are parts of it, so that their size changes
no noise."""

TILE = 768
"""Height and width of the pieces in which larger images are translated."""

_MARGIN, _RAMP = 32, 64
_PIXELS = CHUNK * 256 * 256  # Of all images that are held in memory.


def translate_files(
    model: Any,
    paths: Iterable[pathlib.Path],
    output: pathlib.Path,
    batch_size: int = 16,
    size: int | None = None,
    tile: int = TILE,
    report: Callable[[str, int, int], Any] = lambda name, done, total: None,
    complain: Callable[[str], Any] = warnings.warn,
    **arguments: Any,
) -> list[pathlib.Path]:
    """Translates image files, and writes PNG files of the same names.

    Images are turned upright, and laid on white where they are transparent. A
    model whose `translate` takes `any_size` keeps their size and shape; for
    others, and for a `size`, they are cut to their centre square and resized
    by an antialiased bicubic filter. Where a model translates both ways, the
    direction is added to the names.

    Args:
        model: A model with `translate` and `source_shape` or `image_shape`.
        paths: Image files, and folders of them.
        output: Directory to write to; made if it is not there.
        batch_size: Images that are translated at a time.
        size: Height and width of all results, in pixels; `None` for the
            images' own, or the model's.
        tile: Height and width in pixels of the pieces in which larger images
            are translated, from 256. Memory grows with its square.
        report: Called with an image's name, the number of its pieces that are
            done, and that of all.
        complain: Called with what is wrong with a file that is left out.
        **arguments: Further arguments of the model's `translate`.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: No file is an image, two have one name, results would lie
            beside the originals, or the model takes no such size.
        OSError: `output` can't be written to.
    """
    translator = _Translator(model, batch_size, size, tile, report, arguments)
    output = pathlib.Path(output).expanduser()
    files = images.image_files(paths, output)
    results = images.results_of(files, output, translator.mark)
    output_directory(output)
    written = []
    for read, picture in translator.pictures(images.opened(files, complain)):
        result = results[read.file]
        result.parent.mkdir(parents=True, exist_ok=True)
        save_picture(picture, result, **read.profile)
        written.append(result)
    return written


@dataclasses.dataclass(frozen=True)
class _Read:
    """An image as a model takes it, and what its result is to keep."""

    file: pathlib.Path
    image: Image.Image
    profile: dict[str, bytes]


class _Translator:
    """A model with all that it is told of how to translate.

    Attributes:
        mark: What is added to the names of results.
    """

    def __init__(self, model, batch_size, size, tile, report, arguments):
        takes = inspect.signature(model.translate).parameters
        shape = getattr(model, "source_shape", model.image_shape)
        self.model, self.report, self.tile = model, report, tile
        self.channels, self.made = shape[-1], model.image_shape[-1]
        self.side = _side(shape, size, "any_size" in takes)
        if self.channels not in pixels.CHANNELS:
            raise ValueError(
                "Files hold 1, 3 or 4 channels. "
                f"Received: a model of {self.channels}"
            )
        if checks.positive_integer("tile", tile) < 256:
            raise ValueError(
                f"Argument `tile` must be at least 256. Received: tile={tile}"
            )
        checks.positive_integer("batch_size", batch_size)
        self.batch_size, self.arguments = batch_size, arguments
        if "any_size" in takes:
            self.arguments = {**arguments, "any_size": True}
        self.mark = ""
        if "direction" in takes:
            default = takes["direction"].default
            self.mark = f"_{arguments.get('direction', default)}"

    def pictures(self, opened):
        """Yields what was read and its translation, of each image."""
        group, sizes = [], set()
        for file, image in opened:
            read = self._read(file, image)
            sizes.add(read.image.size)
            held = (len(group) + 1) * math.prod(read.image.size)
            if len(sizes) > 1 or len(group) == CHUNK or held > _PIXELS:
                yield from self._together(group)
                group, sizes = [], {read.image.size}
            if self.side is None and max(read.image.size) > self.tile:
                yield read, self._in_tiles(read)
            else:
                group.append(read)
        yield from self._together(group)

    def _read(self, file, image):
        if self.side is None:
            read = pixels.converted(image, self.channels)
        else:
            square = pixels.prepared(image, self.side, self.channels)
            read = to_picture(square)
        mode = {1: "L", 4: "RGBA"}.get(self.made, "RGB")
        return _Read(file, read, pixels.profile_of(image, mode))

    def _together(self, group):
        if group:
            made = self._translate([read.image for read in group])
            yield from zip(group, made, strict=True)

    def _in_tiles(self, read):
        def make(box: tiles.Box) -> Image.Image:
            return self._translate([read.image.crop(box)])[0]

        return tiles.paint(
            read.image.size,
            make,
            side=self.tile,
            margin=_MARGIN,
            ramp=_RAMP,
            report=functools.partial(self.report, read.file.name),
        )

    def _translate(self, pictures):
        width, height = pictures[0].size
        shape = len(pictures), height, width, self.channels
        array = np.stack([np.asarray(x) for x in pictures]).reshape(shape)
        batch_size = self.batch_size
        if self.side is None:  # As many pixels at a time as a piece has.
            most = max(1, self.tile**2 // (height * width))
            batch_size = min(batch_size, most)
        made = self.model.translate(
            from_uint8(array), batch_size=batch_size, **self.arguments
        )
        return [to_picture(x) for x in to_uint8(made)]


def _side(shape, size, any_size):
    """Returns height and width of what a model is given; `None` for any."""
    if size is not None:
        checks.positive_integer("size", size)
    if any_size:
        return size
    if size not in (None, shape[0]):
        raise ValueError(
            f"The model translates images of {shape[0]} x {shape[1]} pixels "
            f"alone. Received: size={size}"
        )
    return shape[0]
