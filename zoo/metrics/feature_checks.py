"""Checks of features and of their statistics."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def feature_matrix(
    name: str, features: Any, dimension: int | None = None, least: int = 0
) -> np.ndarray:
    """Returns features as an array of real, finite numbers.

    Args:
        name: Argument's name, for the error.
        features: Array of shape `(samples, dimension)`, integers or floats.
        dimension: Expected number of columns; any where it is `None`.
        least: Least number of rows.

    Returns:
        The array, in its own dtype.

    Raises:
        ValueError: It is not such an array.
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.shape[1]:
        raise ValueError(
            f"Argument `{name}` must be an array of numbers of shape "
            f"(samples, dimension). Received: shape={array.shape}, "
            f"dtype={array.dtype}"
        )
    if dimension is not None and array.shape[1] != dimension:
        raise ValueError(
            f"Argument `{name}` must have {dimension} columns, as the features "
            f"it is combined with. Received: shape={array.shape}"
        )
    if len(array) < least:
        raise ValueError(
            f"Argument `{name}` must hold at least {least} samples. "
            f"Received: {len(array)} samples"
        )
    bad = len(array) - int(np.isfinite(array).all(axis=1).sum())
    if bad:
        raise ValueError(
            f"Argument `{name}` must be finite. Received: {bad} of "
            f"{len(array)} rows with NaN or infinite values"
        )
    return array


def same_extractor(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Raises where two sets of features are known to be of two extractors.

    Args:
        one: Metadata of the first.
        other: Metadata of the second.

    Raises:
        ValueError: Both name an `"extractor"`, and not the same.
    """
    names = one.get("extractor"), other.get("extractor")
    if None not in names and names[0] != names[1]:
        raise ValueError(
            "Features of different extractors can't be combined or compared. "
            f"Received: {names[0]!r} and {names[1]!r}"
        )


def mean_and_covariance(
    mean: Any, covariance: Any, suffix: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a mean and a covariance in float64, checked.

    Args:
        mean: Array of shape `(dimension,)`.
        covariance: Symmetric array of shape `(dimension, dimension)`.
        suffix: What follows `mu` and `sigma` in the errors.

    Returns:
        Tuple of both.

    Raises:
        ValueError: Wrong shapes, NaN or infinity, or no symmetry.
    """
    mu = np.atleast_1d(np.asarray(mean, np.float64))
    sigma = np.atleast_2d(np.asarray(covariance, np.float64))
    if mu.ndim != 1 or not mu.size or sigma.shape != (mu.size, mu.size):
        raise ValueError(
            f"Arguments `mu{suffix}` and `sigma{suffix}` must have shapes "
            f"(dimension,) and (dimension, dimension). Received: shapes "
            f"{mu.shape} and {sigma.shape}"
        )
    if not (np.isfinite(mu).all() and np.isfinite(sigma).all()):
        raise ValueError(
            f"Arguments `mu{suffix}` and `sigma{suffix}` must be finite. "
            "Received: NaN or infinite values"
        )
    asymmetry, largest = np.abs(sigma - sigma.T).max(), np.abs(sigma).max()
    if asymmetry > 1e-5 * largest:  # float32 files differ by less.
        raise ValueError(
            f"Argument `sigma{suffix}` must be symmetric. Received: values "
            f"that differ by {asymmetry:.3g} from their mirror"
        )
    return mu, sigma
