"""Fréchet distance of two normal distributions."""

import warnings
from typing import Any

import numpy as np

from zoo.metrics.feature_checks import mean_and_covariance, same_extractor
from zoo.metrics.metric import Metric
from zoo.metrics.moments import Moments
from zoo.metrics.registry import register

_EPSILON = np.finfo(np.float64).eps


def frechet_distance(
    mu1: Any,
    sigma1: Any,
    mu2: Any,
    sigma2: Any,
    count1: int | None = None,
    count2: int | None = None,
) -> float:
    """Returns the squared Fréchet distance of two normal distributions.

        |mu1 - mu2|^2 + tr(sigma1 + sigma2 - 2 (sigma1 sigma2)^(1/2))

    Of Inception features it is the FID of Heusel et al. (arXiv:1706.08500).
    With `sigma1 = L L^T` the last trace is the sum of the square roots of the
    eigenvalues of the symmetric `L^T sigma2 L`, or of the singular values of
    `L^T M` where `sigma2 = M M^T`. No complex numbers come up, and singular
    covariances need no offset.

    Args:
        mu1: Mean of the first, of shape `(dimension,)`.
        sigma1: Its covariance, of shape `(dimension, dimension)`.
        mu2: Mean of the second.
        sigma2: Its covariance.
        count1: Number of samples of the first, if known.
        count2: Number of samples of the second.

    Returns:
        The distance, at least 0. It is of the unit of the squared features.

    Raises:
        ValueError: Wrong shapes, NaN or infinity, or no covariance matrix.

    Warns:
        UserWarning: There are not more samples than dimensions, so that the
            covariance is singular and the distance is far from its limit.

    Example:
    >>> frechet_distance([0.0], [[1.0]], [3.0], [[4.0]])
    10.0
    """
    mu1, sigma1 = mean_and_covariance(mu1, sigma1, "1")
    mu2, sigma2 = mean_and_covariance(mu2, sigma2, "2")
    if mu1.shape != mu2.shape:
        raise ValueError(
            "The statistics must be of the same dimension. "
            f"Received: dimensions {len(mu1)} and {len(mu2)}"
        )
    _warn_of_few_samples(count1, count2, len(mu1))
    shift = mu1 - mu2
    traces = np.trace(sigma1) + np.trace(sigma2)
    distance = shift @ shift + traces - 2 * _trace_of_root(sigma1, sigma2)
    return max(float(distance), 0.0)  # Rounding may fall below 0.


def frechet_distance_of(moments1: Moments, moments2: Moments) -> float:
    """Returns the squared Fréchet distance of two sets of samples.

    Args:
        moments1: Moments of the first, of two samples or more.
        moments2: Moments of the second, of the same extractor.

    Returns:
        The distance, at least 0. It is of the unit of the squared features.

    Raises:
        ValueError: Too few samples, other dimensions or another extractor.

    Warns:
        UserWarning: There are not more samples than dimensions, so that the
            covariance is singular and the distance is far from its limit.
    """
    same_extractor(moments1.metadata, moments2.metadata)
    return frechet_distance(
        moments1.mean,
        moments1.covariance,
        moments2.mean,
        moments2.covariance,
        moments1.count,
        moments2.count,
    )


def _warn_of_few_samples(count1, count2, dimension):
    known = [count for count in (count1, count2) if count is not None]
    if known and min(known) <= dimension:
        warnings.warn(
            f"{min(known)} samples are too few for a Fréchet distance of "
            f"{dimension} features: the covariance is singular and the "
            "distance is too large. Compare it with distances of the same "
            "number of samples alone.",
            stacklevel=3,
        )


def _trace_of_root(sigma1, sigma2):
    """Returns the trace of the root of the product of two covariances."""
    roots = _accurate_roots(sigma1, sigma2)
    if roots is None:
        product = _root(sigma1, "sigma1").T @ _root(sigma2, "sigma2")
        if not product.size:
            return 0.0
        roots = np.linalg.svd(product, compute_uv=False)
    return roots.sum()


def _accurate_roots(sigma1, sigma2):
    """Returns roots of the eigenvalues of `L^T sigma2 L`.

    Each eigenvalue is off by about `error` and its root by error / (2 root):
    much, where it is small. Singular values, which are never squared, are not,
    but take longer.

    Returns:
        Array, or `None` if rounding would show or `sigma1` is singular.
    """
    # Imported here, since it would take most of the time of importing zoo.
    import scipy.linalg

    try:  # Type 2 is of sigma2 sigma1 = sigma2 L L^T, by way of L^T sigma2 L.
        squares = scipy.linalg.eigh(
            sigma2,
            sigma1,
            type=2,
            eigvals_only=True,
            driver="gv",  # The other drivers take half as long again.
            check_finite=False,
        )
    except np.linalg.LinAlgError:
        return None
    error = _EPSILON * np.abs(squares).max()
    if error == 0 or squares[0] < -len(squares) * error:
        return None
    roots = np.sqrt(squares.clip(0))
    doubt = (error / roots.clip(np.sqrt(error))).sum()
    return roots if doubt <= 1e-9 * roots.sum() else None


def _root(sigma, name):
    """Returns a matrix `L`, narrow if `sigma` is singular: `sigma = L L^T`."""
    try:
        return np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(sigma)
    if values[0] < -1e-4 * np.abs(values).max():
        raise ValueError(
            f"Argument `{name}` must be a covariance matrix. Received: "
            f"eigenvalues from {values[0]:.3g} to {values[-1]:.3g}"
        )
    # What is left of zeros after rounding, positive or negative, is dropped.
    kept = values > len(values) * _EPSILON * values[-1]
    return vectors[:, kept] * np.sqrt(values[kept])


# FID is the distance of Inception features, and of no others.
FRECHET_DISTANCE = register(
    Metric(
        "fd",
        "Fréchet distance",
        lambda real, made: frechet_distance_of(real.moments, made.moments),
        needs={"real"},
        known_as={"inception": "fid"},
    )
)
