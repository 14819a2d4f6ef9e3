"""How large the images of a source are, without decoding them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from . import decode
from .arrays import ArraySource
from .resolve import resolve


def size_of(source: Any, index: int) -> tuple[int, int]:
    """Return height and width of an image, upright.

    Args:
        source: An opened source of images.
        index: The image's.

    Raises:
        ValueError: If it cannot be read; the message names it.
    """
    if isinstance(source, ArraySource):
        return source.array.shape[1:3]
    try:
        return decode.size_of(source.read(index))
    except Exception as error:  # Pillow raises nearly anything.
        raise ValueError(
            f"Cannot read the image {source.name(index)}: {error}. Repair or "
            "delete it. Received: a file that is no image"
        ) from error


def sizes_of(source: Any) -> tuple[Counter, dict[tuple[int, int], str]]:
    """Count the sizes of a source's images.

    Args:
        source: Whatever `pipelines.images` takes.

    Returns:
        How many are of each height and width, and the name of one of each.

    Raises:
        ValueError: If one cannot be read, or there is no such source.
        FileNotFoundError: If it is a path at which there is nothing.
    """
    opened = resolve(source, "train", None)
    if isinstance(opened, ArraySource):
        size = opened.array.shape[1:3]
        return Counter({size: len(opened)}), {size: opened.name(0)}
    counts, names = Counter(), {}
    for index in range(len(opened)):
        size = size_of(opened, index)
        counts[size] += 1
        names.setdefault(size, opened.name(index))
    return counts, names
