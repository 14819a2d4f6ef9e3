"""SRGAN's networks: Ledig et al. 2017, figure 4."""

import keras
from keras import layers

from zoo.layers import (
    BatchNormalization,
    BilinearUpsampling,
    Conv2D,
    PixelShuffle,
)

UPSAMPLING = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
"""Factors of super-resolution, and those of the pixel shuffles for them."""

HALVINGS = 4
"""How often the discriminator halves its images."""


def build_srresnet(
    scale: int,
    filters: int,
    blocks: int,
    channels: int = 3,
    batch_norm: bool = True,
    global_skip: bool = False,
) -> keras.Model:
    """Builds the network from low to high resolution.

    Its output is linear, as in the figure.

    Args:
        scale: A key of `UPSAMPLING`.
        filters: Filters of all hidden convolutions.
        blocks: Number of residual blocks.
        channels: Channels of the images.
        batch_norm: Whether to normalize by batch statistics.
        global_skip: Whether the output is added to a bilinear enlargement.

    Returns:
        A functional model, `(height, width, channels)` of any size -> the
        same, `scale` times as high and wide, float32.
    """
    images = keras.Input((None, None, channels), name="low")
    first = x = _prelu(_conv(images, filters, 9))
    for _ in range(blocks):
        residual = _norm(_conv(x, filters), batch_norm)
        residual = _norm(_conv(_prelu(residual), filters), batch_norm)
        x = layers.Add()([x, residual])
    x = layers.Add()([first, _norm(_conv(x, filters), batch_norm)])
    for factor in UPSAMPLING[scale]:
        x = PixelShuffle(factor)(_conv(x, filters * factor**2))
        x = _prelu(x)
    high = layers.Activation("linear", dtype="float32")(_conv(x, channels, 9))
    if global_skip:
        enlarged = BilinearUpsampling(scale, dtype="float32")(images)
        high = layers.Add(dtype="float32")([high, enlarged])
    return keras.Model(images, high, name="generator")


def build_discriminator(
    size: int, filters: int, channels: int = 3
) -> keras.Model:
    """Builds the network from images of high resolution to logits.

    Args:
        size: Height and width of the images, a multiple of 16.
        filters: Filters of the first convolutions; they double with each
            halving of the size, and there are 16 times as many dense units.
        channels: Channels of the images.

    Returns:
        A functional model, `(size, size, channels)` -> `(1,)`, float32
        logits.
    """
    images = keras.Input((size, size, channels), name="high")
    x = layers.LeakyReLU(0.2)(_conv(images, filters))
    x = _judging(x, filters, strides=2)
    for halving in range(1, HALVINGS):
        x = _judging(x, filters * 2**halving)
        x = _judging(x, filters * 2**halving, strides=2)
    x = layers.Dense(16 * filters)(layers.Flatten()(x))
    x = layers.Dense(1)(layers.LeakyReLU(0.2)(x))
    logits = layers.Activation("linear", dtype="float32")(x)
    return keras.Model(images, logits, name="discriminator")


def _judging(x, filters, strides=1):
    x = _norm(_conv(x, filters, strides=strides), True)
    return layers.LeakyReLU(0.2)(x)


def _conv(x, filters, size=3, strides=1):
    return Conv2D(filters, size, strides=strides, padding="same")(x)


def _norm(x, batch_norm):
    if not batch_norm:
        return x
    return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def _prelu(x):
    """One slope per channel, from He et al. 2015's 0.25."""
    slopes = keras.initializers.Constant(0.25)
    return layers.PReLU(slopes, shared_axes=(1, 2))(x)
