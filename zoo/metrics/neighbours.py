"""Nearest neighbours of features, by distances in blocks.

Distances are |x|^2 + |y|^2 - 2 x.y, so that matrix products do the work. In
float32 that would cancel to noise for features far from the origin. Features
are therefore shifted to the mean of the real ones and multiplied in float64,
block by block, in which no more than a few blocks are in memory beside the
features themselves.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo.metrics.feature_checks import feature_matrix
from zoo.utils import checks

_EPSILON = np.finfo(np.float64).eps

Shifted = tuple[np.ndarray, np.ndarray]
"""Features `(samples, dimension)`, and the point `(dimension,)` to subtract."""


def shifted_sets(
    real: Any, generated: Any, neighbours: int, block_size: int
) -> tuple[Shifted, Shifted]:
    """Checks the arguments of a metric of nearest neighbours.

    Args:
        real: Features of real images, of shape `(samples, dimension)`.
        generated: Features of generated images, of the same dimension.
        neighbours: k, the neighbour that a ball reaches to.
        block_size: Samples per side of a block of distances.

    Returns:
        Tuple of both sets, each with the mean of the real ones.

    Raises:
        ValueError: Not more than `neighbours` samples, other dimensions, NaN
            or infinity, or an integer that is not positive.
    """
    checks.positive_integer("neighbours", neighbours)
    checks.positive_integer("block_size", block_size)
    least = neighbours + 1
    real = feature_matrix("real", real, least=least)
    generated = feature_matrix("generated", generated, real.shape[1], least)
    centre = real.mean(axis=0, dtype=np.float64)
    return (real, centre), (generated, centre)


def distance_blocks(
    one: Shifted, other: Shifted, size: int, triangle: bool = False
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yields the squared distances of two sets.

    Args:
        one: The first set, of `shifted_sets`.
        other: The second.
        size: Samples per side of a block.
        triangle: Whether to leave out blocks below the diagonal.

    Yields:
        Rows, which are of the first set, columns, of the second, and the
        squared distances between them, float64 `(rows, columns)`.
    """
    for start in range(0, len(one[0]), size):
        rows = slice(start, start + size)
        x = one[0][rows] - one[1]
        for begin in range(start if triangle else 0, len(other[0]), size):
            columns = slice(begin, begin + size)
            y = other[0][columns] - other[1]
            yield rows, columns, _squared_distances(x, y)


def squared_radii(side: Shifted, neighbours: int, size: int) -> np.ndarray:
    """Returns each sample's squared distance to its k-th neighbour.

    Args:
        side: A set, of `shifted_sets`.
        neighbours: k, less than the number of samples.
        size: Samples per side of a block of distances.

    Returns:
        float64 array `(samples,)`.
    """
    nearest = np.full((len(side[0]), neighbours), np.inf)
    blocks = distance_blocks(side, side, size, triangle=True)
    for rows, columns, distances in blocks:
        if rows == columns:
            np.fill_diagonal(distances, np.inf)  # Not its own neighbour.
        else:  # A block below the diagonal is the mirror of one above.
            nearest[columns] = _smallest(nearest[columns], distances.T)
        nearest[rows] = _smallest(nearest[rows], distances)
    return nearest.max(axis=1)


def _squared_distances(x, y):
    norms = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    distances = norms - 2 * (x @ y.T)
    # Equal features are at distance 0: what rounding leaves of it is less.
    distances[distances <= x.shape[1] * _EPSILON * norms] = 0
    return distances


def _smallest(nearest, distances):
    """Returns the k smallest of those found before and new ones."""
    both = np.concatenate([nearest, distances], axis=1)
    return np.partition(both, nearest.shape[1] - 1)[:, : nearest.shape[1]]
