"""Real images that others are compared with; their statistics are cached."""

import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any

from zoo.metrics.feature_set import Extractor, FeatureSet, metadata_of
from zoo.metrics.image_batches import fingerprint, uint8_batches
from zoo.metrics.metric import Metric, all_needs
from zoo.metrics.moments import Moments
from zoo.utils.files import cache_directory


def read_reference(
    reference: Any,
    extractor: Extractor,
    metrics: Sequence[Metric],
    cache: str | os.PathLike | bool | None = None,
) -> FeatureSet:
    """Returns what metrics need of real images.

    Args:
        reference: Real images: an array or batches, as `uint8_batches` takes
            them; or a `.npz` file of their mean and covariance.
        extractor: The feature extractor.
        metrics: The metrics that compare with real images.
        cache: Directory for mean and covariance, which are computed once for
            each set and extractor; `None` or `True` for the one beneath
            Keras' cache, `False` for none.

    Returns:
        A `FeatureSet`; of mean and covariance alone, where no metric needs
        more and these were found.

    Raises:
        ValueError: There is no reference, or a file where metrics need more
            than it holds, or it is damaged.
    """
    if reference is None:
        raise ValueError(
            f"The metrics {_names(metrics)} need real images. "
            "Received: reference=None"
        )
    more = all_needs(metrics) - {"real"}
    real = FeatureSet(extractor, more)
    if isinstance(reference, str | os.PathLike):
        _check_that_a_file_serves(reference, metrics)
        real.moments = Moments.load(reference)
        return real
    path = None if cache is False else _path(reference, extractor, cache)
    if path is not None and path.exists() and not more:
        real.moments = Moments.load(path)
        return real
    for images, labels in uint8_batches(reference):
        real.update(images, labels)
    if path is not None:
        _save(real.moments, path)
    return real


def _check_that_a_file_serves(reference, metrics):
    unserved = [metric for metric in metrics if metric.needs - {"real"}]
    if unserved:
        raise ValueError(
            "A file of statistics holds mean and covariance alone; give the "
            f"images for {_names(unserved)}. Received: {str(reference)!r}"
        )


def _names(metrics):
    return tuple(metric.name for metric in metrics)


def _path(reference, extractor, cache):
    """Names the file after all that its content depends on."""
    default = cache_directory() / "statistics"
    directory = default if cache in (None, True) else pathlib.Path(cache)
    name = metadata_of(extractor)["extractor"]
    return directory / f"{name}-{fingerprint(reference)}.npz"


def _save(moments, path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        moments.save(path)
    except OSError as error:
        # Of whoever makes the `Evaluator`.
        warnings.warn(f"No statistics were cached: {error}", stacklevel=4)
