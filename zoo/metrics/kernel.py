"""Kernel distance: maximum mean discrepancy of features."""

import numbers
from typing import Any

import numpy as np

from zoo.metrics.feature_checks import feature_matrix
from zoo.metrics.feature_set import FeatureSet
from zoo.metrics.metric import Metric
from zoo.metrics.registry import register
from zoo.utils import checks


def kernel_distance(
    features1: Any,
    features2: Any,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 2020,
    degree: int = 3,
    gamma: float | None = None,
    coef0: float = 1.0,
) -> tuple[float, float]:
    """Returns the squared maximum mean discrepancy of two sets of features.

    Of Inception features it is the KID of Binkowski et al. The kernel is
    `(gamma x.y + coef0) ** degree`; the estimate is without bias, so it may be
    slightly negative. Subsets are drawn as torch-fidelity draws them: the same
    seed, the same numbers. Features are needed whole, since each subset is
    drawn from all of them; only one subset at a time is in float64.

    Args:
        features1: Array of shape `(samples, dimension)`.
        features2: Array of the same dimension, of any number of samples.
        subsets: Number of subsets.
        subset_size: Samples per subset, from 2 to the number of samples.
        seed: Seed of the subsets.
        degree: Degree of the polynomial.
        gamma: Scale of the scalar product; `1 / dimension` if `None`.
        coef0: Constant of the polynomial.

    Returns:
        Tuple of the mean and the standard deviation over subsets.

    Raises:
        ValueError: Fewer samples than `subset_size`, other dimensions, NaN or
            infinity.

    Reference:
        - [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401)

    Example:
    >>> mean, std = kernel_distance([[0.0], [0.0]], [[1.0], [1.0]], 1, 2)
    >>> mean  # 1 + 8 - 2
    7.0
    """
    checks.positive_integer("subsets", subsets)
    checks.positive_integer("degree", degree)
    if checks.positive_integer("subset_size", subset_size) < 2:
        raise ValueError(
            "Argument `subset_size` must be at least 2. "
            f"Received: subset_size={subset_size}"
        )
    sets = [feature_matrix("features1", features1, least=subset_size)]
    dimension = sets[0].shape[1]
    sets.append(feature_matrix("features2", features2, dimension, subset_size))
    gamma = 1 / dimension if gamma is None else gamma
    for name, value in {"gamma": gamma, "coef0": coef0}.items():
        if not isinstance(value, numbers.Real) or not np.isfinite(float(value)):
            raise ValueError(
                f"Argument `{name}` must be a finite number. "
                f"Received: {name}={value!r}"
            )

    def kernel(x, y):
        return (gamma * (x @ y.T) + coef0) ** degree

    random = np.random.RandomState(seed)
    distances = []
    for _ in range(subsets):
        x, y = (
            features[random.choice(len(features), subset_size, replace=False)]
            for features in sets
        )
        distances.append(
            _unbiased(kernel, x.astype(np.float64), y.astype(np.float64))
        )
    return float(np.mean(distances)), float(np.std(distances))


def _unbiased(kernel, x, y):
    """Unbiased estimate: pairs of a sample with itself are left out."""
    count = len(x)
    within = 0.0
    for samples in (x, y):
        values = kernel(samples, samples)
        within += values.sum() - np.trace(values)
    return within / (count * (count - 1)) - 2 * kernel(x, y).mean()


def _of_sets(real: FeatureSet, made: FeatureSet) -> float:
    """Returns the mean over subsets of 1,000, or of all where there are fewer.

    1,000 is what Binkowski et al. take.
    """
    one, other = real.features, made.features
    size = min(1000, len(one), len(other))
    if size < 2:
        raise ValueError(
            "The kernel distance needs at least 2 images, generated and real. "
            f"Received: {len(other)} and {len(one)}"
        )
    return kernel_distance(one, other, subset_size=size)[0]


KERNEL_DISTANCE = register(
    Metric("kid", "kernel distance", _of_sets, needs={"real", "features"})
)
