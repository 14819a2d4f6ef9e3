"""What the networks between images are made of: choices, and first weights."""

from typing import Any

import keras

from zoo.layers import InstanceNormalization, SmallBatchNormalization

NORMALIZATIONS = ("batch", "instance", "none")

UPSAMPLINGS = ("transposed", "resize")
"""Transposed convolutions, as in the papers, or repeated pixels, then a
convolution, which leave no chequerboard (Odena et al. 2016)."""


def normal(mean: float = 0.0) -> keras.initializers.Initializer:
    """Returns the initializer N(mean, 0.02): Isola et al. 2017, section 6.2."""
    return keras.initializers.RandomNormal(mean, 0.02)


def normalize(x: Any, normalization: str, statistics: str = "auto") -> Any:
    """Normalizes a map within a functional model.

    As the authors' PyTorch code: batch normalization has a scale, drawn from
    N(1, 0.02), and a shift; instance normalization has neither.

    Args:
        x: Keras tensor `(batch, height, width, channels)`.
        normalization: One of `NORMALIZATIONS`.
        statistics: What batch normalization takes after training: `"image"`,
            `"moving"` or `"auto"`, see `SmallBatchNormalization`.

    Returns:
        Keras tensor of the same shape.
    """
    if normalization == "batch":
        return SmallBatchNormalization(
            statistics,
            momentum=0.9,
            epsilon=1e-5,
            gamma_initializer=normal(1.0),
        )(x)
    if normalization == "instance":
        return InstanceNormalization(scale=False, center=False)(x)
    return x
