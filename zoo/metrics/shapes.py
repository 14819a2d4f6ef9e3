"""Coverage and minimum matching distance of sets of shapes.

Shapes are grids of voxels, and two of them are as far apart as 1 - IoU, the
share of the voxels that either occupies and not both.
"""

from typing import Any

import numpy as np


def shape_distances(one: Any, other: Any, threshold: float = 0.5) -> np.ndarray:
    """Returns 1 - IoU of each pair of shapes.

    Args:
        one: Occupancies in [0, 1], of shape `(count, ...)`.
        other: The like, of the same shape but for the count.
        threshold: Occupancy above which a voxel is taken as occupied.

    Returns:
        float64 array `(len(one), len(other))`, from 0 for equal shapes to 1
        for those that share no voxel. Two empty shapes are equal.

    Raises:
        ValueError: Other shapes, no shapes, or values out of [0, 1].

    Example:
    >>> shape_distances([[1, 1, 0, 0]], [[0, 1, 1, 0], [1, 1, 0, 0]])
    array([[0.66666667, 0.        ]])
    """
    one, other = _flat("one", one), _flat("other", other)
    if one.shape[1:] != other.shape[1:]:
        raise ValueError(
            "Shapes must be of one resolution. Received: shapes "
            f"{np.shape(one)} and {np.shape(other)} of flat voxels"
        )
    one, other = ((x > threshold).astype("float32") for x in (one, other))
    # Sums of ones: exact in float32 up to 2^24 voxels.
    shared = (one @ other.T).astype("float64")
    either = one.sum(axis=1)[:, None] + other.sum(axis=1) - shared
    return 1 - np.where(either > 0, shared / np.maximum(either, 1), 1.0)


def coverage_and_matching(
    reference: Any, generated: Any, threshold: float = 0.5
) -> tuple[float, float]:
    """Returns coverage and minimum matching distance, by 1 - IoU.

    Each generated shape is matched to the nearest reference shape. Coverage
    is the share of reference shapes that are matched by at least one: it falls
    where kinds of shapes are missing. The minimum matching distance is that
    of each reference shape to the nearest generated one, on average: it rises
    where shapes are bad. A generator is judged by as many shapes as there are
    references; more raise the one and lower the other.

    Args:
        reference: Real shapes, held out: occupancies in [0, 1] of shape
            `(count, n, n, n)` or `(count, n, n, n, 1)`.
        generated: Generated shapes, of the same resolution.
        threshold: Occupancy above which a voxel is taken as occupied.

    Returns:
        Tuple of coverage, in [0, 1], higher is better; and minimum matching
        distance, in [0, 1], lower is better.

    Raises:
        ValueError: Other shapes, no shapes, or values out of [0, 1].

    Reference:
        - [Achlioptas et al., 2018](https://arxiv.org/abs/1707.02392),
          section 4, with point clouds

    Example:
    >>> reference = [[1, 1, 0, 0], [0, 0, 1, 1]]
    >>> coverage_and_matching(reference, [[1, 1, 0, 0], [1, 1, 1, 0]])
    (0.5, 0.375)
    """
    distances = shape_distances(reference, generated, threshold)
    matched = np.unique(distances.argmin(axis=0))
    coverage = len(matched) / len(distances)
    return coverage, float(distances.min(axis=1).mean())


def _flat(name, shapes):
    """Returns checked shapes with all their voxels along one axis."""
    array = np.asarray(shapes)
    if array.ndim < 2 or array.dtype.kind not in "bfiu" or not array.size:
        raise ValueError(
            f"Argument `{name}` must be an array of occupancies of shape "
            f"(count, ...). Received: shape={array.shape}, dtype={array.dtype}"
        )
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):  # Written so that a NaN fails too.
        raise ValueError(
            f"Argument `{name}` must be in [0, 1]. "
            f"Received: values from {low} to {high}"
        )
    return array.reshape(len(array), -1)
