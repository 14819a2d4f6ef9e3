"""Pairs of images: two sources whose images of one index belong together."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from . import decode
from .arrays import ArraySource
from .resolve import resolve
from .sizes import size_of
from .sources import EncodedSource, Source
from .tfds_sets import tfds_source

_NAMED = 3


class HalfSource(EncodedSource):
    """The left or the right half of each image of another source.

    Args:
        whole: Source of images that hold two, side by side.
        side: 0 for the left one, 1 for the right one.
    """

    def __init__(self, whole: EncodedSource, side: int):
        self.whole = whole
        self.side = side

    def __len__(self) -> int:
        return len(self.whole)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return f"{('left', 'right')[self.side]} half of {self.file(index)}"

    def file(self, index: int) -> str:
        """Return the name of the whole image."""
        return self.whole.name(index)

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        return self.whole.read(index)

    def prepare(
        self, data: bytes, image_size: int, channels: int
    ) -> np.ndarray:
        """Return the prepared half of an image file's bytes."""
        image = decode.open_image(data)
        half = image.width // 2
        left = self.side * half
        image = image.crop((left, 0, left + half, image.height))
        return decode.prepare(image, image_size, channels)

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        return self.side, self.whole.fingerprint()


def open_pairs(
    source: Any, split: str, data_dir: str | None, keys: tuple[str, str]
) -> tuple[Source, Source]:
    """Open what `pipelines.paired_images` takes as its source.

    Args:
        source: A pair of arrays or paths, an array or path of images side by
            side, or the name of a TFDS set.
        split: A split of a TFDS set, else "train".
        data_dir: Where TFDS keeps its data sets; `None` means its default.
        keys: Names of the two image features of a TFDS set.

    Returns:
        Two sources of the same length.

    Raises:
        ValueError: If the two do not pair.
    """
    if isinstance(source, str) and source.startswith("tfds:"):
        name = source.removeprefix("tfds:")
        first, second = (
            tfds_source(name, split, data_dir, key) for key in keys
        )
        return first, second
    if isinstance(source, tuple | list):
        if len(source) != 2:
            raise ValueError(
                "Pairs must be two folders, two arrays, or one of images "
                f"side by side. Received: {len(source)} sources"
            )
        first, second = (resolve(side, split, data_dir) for side in source)
        _check_names(first, second)
        return first, _as_ordered(second, first)
    whole: Any = resolve(source, split, data_dir)
    if isinstance(whole, ArraySource):
        half = whole.array.shape[2] // 2
        _check_even(whole.array.shape[2], "the array")
        first, second = whole.array[:, :, :half], whole.array[:, :, half:]
        return ArraySource(first), ArraySource(second)
    return HalfSource(whole, 0), HalfSource(whole, 1)


def check_sizes(
    first: Source, second: Source, smallest: int, skip: bool = False
) -> None:
    """Raise unless both images of each pair are of one size, and large enough.

    Args:
        first: One source.
        second: The other.
        smallest: Least height and width, in pixels.
        skip: Whether to pass over pairs with an image that can't be read.

    Raises:
        ValueError: Two sizes differ, or one is too small; the images are
            named. Or one can't be read.
    """
    for index in range(len(first)):
        try:
            whole = [size_of(source, index) for source in (first, second)]
        except ValueError:
            if skip:
                continue
            raise
        sizes = [
            _half(source, index, size)
            for source, size in zip((first, second), whole, strict=True)
        ]
        names = f"{first.name(index)} and {second.name(index)}"
        if sizes[0] != sizes[1]:
            raise ValueError(
                "The two images of a pair must be of one size. Received: "
                f"{names} of {_text(sizes[0])} and {_text(sizes[1])} pixels"
            )
        if min(sizes[0]) < smallest:
            raise ValueError(
                f"Images must not be smaller than the crop of {smallest} "
                f"pixels; choose a smaller `image_size`. Received: {names} of "
                f"{_text(sizes[0])} pixels"
            )
        if isinstance(first, ArraySource) and isinstance(second, ArraySource):
            return  # All others are of that size.


def _half(source: Any, index: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a pair's image in a file of a size."""
    height, width = size
    if isinstance(source, HalfSource):
        _check_even(width, source.file(index))
        width //= 2
    return height, width


def _text(size: tuple[int, int]) -> str:
    height, width = size
    return f"{width} x {height}"


def _check_even(width: int, name: str) -> None:
    if width % 2:
        raise ValueError(
            "Two images side by side must have an even width. "
            f"Received: {name} of a width of {width}"
        )


def _check_names(first: Source, second: Source) -> None:
    """Files pair by their paths within the two folders, without endings."""
    stems = [stems for x in (first, second) if (stems := _stems(x)) is not None]
    if len(stems) < 2:
        if len(first) != len(second):
            raise ValueError(
                "Two sources of pairs must hold as many images. Received: "
                f"{len(first)} and {len(second)}"
            )
        return
    if sorted(stems[0]) == sorted(stems[1]) and _are_unique(stems[0]):
        return
    alone = [sorted(set(a) - set(b)) for a, b in (stems, stems[::-1])]
    if not any(alone):
        raise ValueError(
            "Files must have names of their own, endings aside. Received: "
            f"{len(stems[0])} and {len(stems[1])} files of "
            f"{len(set(stems[0]))} names, twice: {_few(_twice(stems))}"
        )
    raise ValueError(
        "Each file of one source must have a namesake in the other. Received: "
        f"{len(alone[0])} only in the first ({_few(alone[0])}), "
        f"{len(alone[1])} only in the second ({_few(alone[1])})"
    )


def _are_unique(stems: list[str]) -> bool:
    return len(set(stems)) == len(stems)


def _twice(sides: list[list[str]]) -> list[str]:
    counts = [Counter(stems) for stems in sides]
    return sorted({x for side in counts for x in side if side[x] > 1})


def _as_ordered(second: Any, first: Source) -> Source:
    """Return the second source with its files in the order of the first's.

    Where endings differ, the order of paths may: "1.flip.png" comes before
    "1.png", and "1.JPG" before "1.flip.JPG".
    """
    stems, own = _stems(first), _stems(second)
    if stems is None or own is None or stems == own:
        return second
    place = {stem: index for index, stem in enumerate(own)}
    files = second.paths if hasattr(second, "paths") else second.members
    files[:] = [files[place[stem]] for stem in stems]
    return second


def _stems(source: Source) -> list[str] | None:
    paths = getattr(source, "paths", None) or getattr(source, "members", None)
    if not paths or isinstance(paths[0], os.PathLike):  # TFRecord files.
        return None
    return [str(PurePosixPath(path).with_suffix("")) for path in paths]


def _few(names: list[str]) -> str:
    more = ", ..." if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more if names else "none"
