"""Large pictures in pieces that overlap, so that memory stays small."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def windows(length: int, side: int, overlap: int) -> list[tuple[int, int]]:
    """Covers a line by windows of one length.

    Args:
        length: Of the line.
        side: Of a window, more than `overlap`.
        overlap: Least overlap of two neighbours.

    Returns:
        List of start and stop; one window alone where it holds the line.

    Example:
    >>> windows(10, 6, 2)
    [(0, 6), (4, 10)]
    """
    if length <= side:
        return [(0, length)]
    count = math.ceil((length - overlap) / (side - overlap))
    starts = np.rint(np.linspace(0, length - side, count)).astype(int).tolist()
    return [(start, start + side) for start in starts]


def paint(
    size: tuple[int, int],
    make: Callable[[Box], Image.Image],
    *,
    side: int,
    margin: int,
    ramp: int = 8,
    scale: int = 1,
    report: Callable[[int, int], Any] = lambda done, total: None,
) -> Image.Image:
    """Makes a picture piece by piece.

    Of each piece, `margin` pixels along its inner borders are dropped, and
    the rest is blended into its neighbours along `ramp` pixels or more. Where
    pieces agree, as those of a network do whose receptive field reaches no
    farther than the margin, the picture is as if made whole.

    Args:
        size: Width and height of the original.
        make: Returns what becomes of a part of the original: a picture
            `scale` times as large.
        side: Width and height of pieces, more than `2 * margin + ramp`.
        margin: Pixels of the original that are dropped.
        ramp: Pixels of the original along which pieces are blended.
        scale: Factor of width and height.
        report: Called with the number of pieces made, and that of all.

    Returns:
        The picture.
    """
    columns, rows = (windows(n, side, 2 * margin + ramp) for n in size)
    total = len(columns) * len(rows)
    done = 0

    def strip(top, bottom):
        """Makes a row of pieces, blended from left to right."""
        nonlocal done
        joined = _Joined(size[0], scale, margin, columns, vertical=False)
        for left, right in columns:
            joined.add(make((left, top, right, bottom)))
            done += 1
            report(done, total)
        return joined.picture

    joined = _Joined(size[1], scale, margin, rows, vertical=True)
    for row in rows:
        joined.add(strip(*row))
    return joined.picture


class _Joined:
    """A picture of pieces that come one after the other along an axis."""

    def __init__(self, length, scale, margin, spans, vertical):
        self.length, self.scale, self.vertical = length, scale, vertical
        # What is kept of each span, and where the one before it ends.
        self.kept = [
            (
                start + (margin if i else 0),
                stop - (margin if i < len(spans) - 1 else 0),
                start,
            )
            for i, (start, stop) in enumerate(spans)
        ]
        self.count = 0
        self.picture: Any = None

    def add(self, piece):
        """Puts the next piece in its place."""
        if len(self.kept) == 1:
            self.picture = piece
            return
        first, last, start = self.kept[self.count]
        if self.picture is None:
            size = self._along(self.length * self.scale, piece)
            self.picture = Image.new(piece.mode, size)
        piece = piece.crop(self._box(first - start, last - start, piece))
        mask = None
        if self.count:
            blended = self.kept[self.count - 1][1] - first
            mask = self._mask(blended * self.scale, piece.size)
        place = self._box(first, last, piece)[:2]
        self.picture.paste(piece, place, mask)
        self.count += 1

    def _along(self, length, piece):
        """Returns a size: `length` along the axis, the piece's across."""
        width, height = piece.size
        return (width, length) if self.vertical else (length, height)

    def _box(self, first, last, piece):
        first, last = first * self.scale, last * self.scale
        width, height = piece.size
        if self.vertical:
            return (0, first, width, last)
        return (first, 0, last, height)

    def _mask(self, blended, size):
        """Returns the piece's weight: from 0 to 1 along the overlap."""
        length = size[1] if self.vertical else size[0]
        weights = (np.arange(length) + 0.5) / blended * 255
        weights = np.rint(np.minimum(weights, 255)).astype("uint8")
        line = weights[:, None] if self.vertical else weights[None]
        return Image.fromarray(np.ascontiguousarray(line)).resize(
            size, Image.Resampling.NEAREST
        )
