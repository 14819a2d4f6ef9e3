"""How the networks between images double the size of their maps."""

from zoo.layers import NearestUpsampling
from zoo.utils import checks

UPSAMPLINGS = ("transposed", "resize")
"""Transposed convolutions, as in the papers, or repeated pixels, then a
convolution, which leave no chequerboard (Odena et al. 2016)."""


def check_upsampling(upsampling):
    """Returns `upsampling` if there is such a one.

    Args:
        upsampling: One of `UPSAMPLINGS`.

    Raises:
        ValueError: It is not.
    """
    return checks.one_of("upsampling", upsampling, UPSAMPLINGS)


def repeat_pixels(x):
    """Returns maps of twice the height and width, within a functional model.

    Args:
        x: Keras tensor `(batch, height, width, channels)`.
    """
    return NearestUpsampling()(x)
