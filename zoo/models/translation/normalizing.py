"""How the networks between images are normalized, and their first weights."""

import keras

from zoo.layers import InstanceNormalization, SmallBatchNormalization
from zoo.utils import checks

NORMALIZATIONS = ("batch", "instance", "none")


def check_normalization(normalization):
    """Returns `normalization` if there is such a one.

    Args:
        normalization: One of `NORMALIZATIONS`.

    Raises:
        ValueError: It is not.
    """
    return checks.one_of("normalization", normalization, NORMALIZATIONS)


def normal(mean=0.0):
    """Returns the initializer N(mean, 0.02): Isola et al. 2017, section 6.2."""
    return keras.initializers.RandomNormal(mean, 0.02)


def normalize(x, normalization, statistics="auto"):
    """Normalizes a map within a functional model.

    As the authors' PyTorch code: batch normalization has a scale, drawn from
    N(1, 0.02), and a shift; instance normalization has neither.

    Args:
        x: Keras tensor `(batch, height, width, channels)`.
        normalization: One of `NORMALIZATIONS`.
        statistics: Of batch normalization after training: one of
            `STATISTICS`, see `SmallBatchNormalization`.

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
