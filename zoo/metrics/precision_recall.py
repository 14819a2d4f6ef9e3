"""Precision and recall: what is on the manifold of the other set."""

from typing import Any

import numpy as np

from zoo.metrics.metric import Metric
from zoo.metrics.neighbours import (
    distance_blocks,
    shifted_sets,
    squared_radii,
)
from zoo.metrics.registry import register


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
    sides = shifted_sets(real, generated, neighbours, block_size)
    real_radii, generated_radii = (
        squared_radii(side, neighbours, block_size) for side in sides
    )
    precise = np.zeros(len(generated_radii), bool)
    recalled = np.zeros(len(real_radii), bool)
    for rows, columns, distances in distance_blocks(*sides, block_size):
        inside = distances <= real_radii[rows, None]
        precise[columns] |= inside.any(axis=0)
        inside = distances <= generated_radii[columns]
        recalled[rows] |= inside.any(axis=1)
    return float(precise.mean()), float(recalled.mean())


PRECISION_RECALL = register(
    Metric(
        "pr",
        "precision and recall",
        lambda real, made: precision_recall(real.features, made.features),
        needs={"real", "features"},
        gives=("precision", "recall"),
    )
)
