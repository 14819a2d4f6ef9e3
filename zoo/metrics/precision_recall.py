"""Precision and recall, density and coverage: metrics of nearest neighbours.

Distances are |x|^2 + |y|^2 - 2 x.y, so that matrix products do the work. In
float32 that would cancel to noise for features far from the origin. Features
are therefore shifted to the mean of the real ones and multiplied in float64,
block by block, in which no more than a few blocks are in memory beside the
features themselves.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo.metrics.arrays import feature_matrix
from zoo.utils import checks

_EPSILON = np.finfo(np.float64).eps


def precision_recall(
    real: Any, generated: Any, neighbours: int = 3, block_size: int = 2048
) -> tuple[float, float]:
    """Returns improved precision and recall.

    A set's manifold is the union of balls around its samples, each reaching
    to the k-th nearest neighbour in that set. Precision is the part of the
    generated samples on the real manifold, recall the part of the real ones
    on the generated manifold.

    Args:
        real: Features of real images, of shape `(samples, dimension)`.
        generated: Features of generated images, of the same dimension. Equal
            numbers of samples are customary.
        neighbours: k, the neighbour that a ball reaches to.
        block_size: Samples per side of a block of distances.

    Returns:
        Tuple of precision and recall, each in [0, 1].

    Raises:
        ValueError: Not more than `neighbours` samples, other dimensions, NaN
            or infinity.

    Reference:
        - [Kynkäänniemi et al., 2019](https://arxiv.org/abs/1904.06991)

    Example:
    >>> real = [[0.0], [1.0], [2.0], [3.0]]
    >>> precision_recall(real, [[0.0], [0.2], [9.0], [9.5]], neighbours=1)
    (0.5, 0.25)
    """
    sides = _sides(real, generated, neighbours, block_size)
    real_radii, generated_radii = (
        _radii(side, neighbours, block_size) for side in sides
    )
    precise = np.zeros(len(generated_radii), bool)
    recalled = np.zeros(len(real_radii), bool)
    for rows, columns, distances in _blocks(*sides, block_size):
        inside = distances <= real_radii[rows, None]
        precise[columns] |= inside.any(axis=0)
        inside = distances <= generated_radii[columns]
        recalled[rows] |= inside.any(axis=1)
    return float(precise.mean()), float(recalled.mean())


def density_coverage(
    real: Any, generated: Any, neighbours: int = 5, block_size: int = 2048
) -> tuple[float, float]:
    """Returns density and coverage.

    Balls around the real samples reach to the k-th nearest real neighbour.
    Density is the number of balls that a generated sample lies in, over k, on
    average. Coverage is the part of the balls with a generated sample inside.
    A ball's surface is outside, as in the authors' code.

    Args:
        real: Features of real images, of shape `(samples, dimension)`.
        generated: Features of generated images, of the same dimension.
        neighbours: k, the neighbour that a ball reaches to.
        block_size: Samples per side of a block of distances.

    Returns:
        Tuple of density, at least 0, near 1 for equal distributions and more
        where samples crowd together; and coverage, in [0, 1].

    Raises:
        ValueError: Not more than `neighbours` samples, other dimensions, NaN
            or infinity.

    Reference:
        - [Naeem et al., 2020](https://arxiv.org/abs/2002.09797)

    Example:
    >>> real = [[0.0], [1.0], [2.0], [3.0]]
    >>> density_coverage(real, [[0.5], [9.0], [9.5]], neighbours=1)
    (0.6666666666666666, 0.5)
    """
    sides = _sides(real, generated, neighbours, block_size)
    radii = _radii(sides[0], neighbours, block_size)
    inside, covered = 0, np.zeros(len(radii), bool)
    for rows, _, distances in _blocks(*sides, block_size):
        hits = distances < radii[rows, None]
        inside += int(hits.sum())
        covered[rows] |= hits.any(axis=1)
    density = inside / (neighbours * len(sides[1][0]))
    return density, float(covered.mean())


def _sides(real, generated, neighbours, block_size):
    """Checks arguments; returns each set with the shift to the real mean."""
    checks.positive_integer("neighbours", neighbours)
    checks.positive_integer("block_size", block_size)
    least = neighbours + 1
    real = feature_matrix("real", real, least=least)
    generated = feature_matrix("generated", generated, real.shape[1], least)
    centre = real.mean(axis=0, dtype=np.float64)
    return (real, centre), (generated, centre)


def _blocks(
    one: tuple, other: tuple, size: int, triangle: bool = False
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yields rows, columns and the squared distances between them.

    With `triangle`, blocks below the diagonal are left out.
    """
    for start in range(0, len(one[0]), size):
        rows = slice(start, start + size)
        x = one[0][rows] - one[1]
        for begin in range(start if triangle else 0, len(other[0]), size):
            columns = slice(begin, begin + size)
            y = other[0][columns] - other[1]
            yield rows, columns, _squared_distances(x, y)


def _squared_distances(x, y):
    norms = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    distances = norms - 2 * (x @ y.T)
    # Equal features are at distance 0: what rounding leaves of it is less.
    distances[distances <= x.shape[1] * _EPSILON * norms] = 0
    return distances


def _radii(side, neighbours, size):
    """Returns each sample's squared distance to its k-th neighbour."""
    nearest = np.full((len(side[0]), neighbours), np.inf)
    for rows, columns, distances in _blocks(side, side, size, triangle=True):
        if rows == columns:
            np.fill_diagonal(distances, np.inf)  # Not its own neighbour.
        else:  # A block below the diagonal is the mirror of one above.
            nearest[columns] = _smallest(nearest[columns], distances.T)
        nearest[rows] = _smallest(nearest[rows], distances)
    return nearest.max(axis=1)


def _smallest(nearest, distances):
    """Returns the k smallest of those found before and new ones."""
    both = np.concatenate([nearest, distances], axis=1)
    return np.partition(both, nearest.shape[1] - 1)[:, : nearest.shape[1]]
