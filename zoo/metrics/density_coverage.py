"""Density and coverage: how full the balls around real images are."""

from typing import Any

import numpy as np

from zoo.metrics.metric import Metric
from zoo.metrics.neighbours import (
    distance_blocks,
    shifted_sets,
    squared_radii,
)
from zoo.metrics.registry import register


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
    sides = shifted_sets(real, generated, neighbours, block_size)
    radii = squared_radii(sides[0], neighbours, block_size)
    inside, covered = 0, np.zeros(len(radii), bool)
    for rows, _, distances in distance_blocks(*sides, block_size):
        hits = distances < radii[rows, None]
        inside += int(hits.sum())
        covered[rows] |= hits.any(axis=1)
    density = inside / (neighbours * len(sides[1][0]))
    return density, float(covered.mean())


DENSITY_COVERAGE = register(
    Metric(
        "dc",
        "density and coverage",
        lambda real, made: density_coverage(real.features, made.features),
        needs={"real", "features"},
        gives=("density", "coverage"),
    )
)
