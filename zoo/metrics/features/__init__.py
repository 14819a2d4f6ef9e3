"""Networks that turn images into the features that metrics compare."""

import importlib
from collections.abc import Callable
from typing import Any

import keras

from zoo.metrics.features.extractor import (
    CallableExtractor,
    FeatureExtractor,
    Features,
    weights_version,
)
from zoo.utils import checks

__all__ = ["FeatureExtractor", "Features", "get_extractor"]

EXTRACTORS = {
    "inception": "inception",
    "fashion_mnist": "fashion_mnist",
    "efficientnet_lite0": "efficientnet",
}
"""Names of extractors, and the modules that define functions named so."""


def get_extractor(
    features: str | Callable[[Any], Any] | keras.Model, **options: Any
) -> FeatureExtractor | CallableExtractor:
    """Returns a feature extractor by its name, or makes one.

    Args:
        features: One of
            - "inception": what FID, KID and the Inception Score are defined
              by,
            - "fashion_mnist": a small classifier that comes with the package,
            - "efficientnet_lite0": ImageNet features, if its package is
              installed,
            - a `keras.Model` of images in [0, 255] (batch, height, width,
              channels) to features (batch, dimensions), to (features,
              logits), or to a dict with the keys "pool" and "logits",
            - a function of uint8 NumPy images with such results,
            - an extractor, which is returned as it is.
        **options: Arguments of the extractor, such as `batch_size`, for names
            and models.

    Returns:
        Extractor with `name` and `version`, to be called with uint8 images
        (batch, height, width, channels); returns `Features`.

    Raises:
        ValueError: No extractor has that name, or it is none of the above.

    Example:
        ```python
        extractor = get_extractor("fashion_mnist")
        pool = extractor(images).pool
        ```
    """
    if isinstance(features, FeatureExtractor | CallableExtractor):
        return features
    if isinstance(features, str) and features in EXTRACTORS:
        module = importlib.import_module(f"{__name__}.{EXTRACTORS[features]}")
        return getattr(module, features)(**options)
    if isinstance(features, keras.Model):
        network: Any = features  # Keras has no types.
        version = weights_version(network)
        return FeatureExtractor(network.name, version, network, **options)
    if callable(features):
        return CallableExtractor(features)
    names = sorted(EXTRACTORS)
    hint = checks.did_you_mean(str(features), names)
    raise ValueError(
        f"Argument `features` must be one of {names}, a keras.Model or a "
        f"function.{hint} Received: features={features!r}"
    )
