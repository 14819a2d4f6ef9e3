"""The residual generator of Johnson et al. 2016, as CycleGAN uses it."""

from collections.abc import Sequence

import keras
from keras import layers

from zoo.layers import (
    Conv2D,
    Conv2DTranspose,
    NearestUpsampling,
    ReflectionPadding2D,
)
from zoo.models.translation.parts import UPSAMPLINGS, normal, normalize
from zoo.utils import checks


def build_resnet_generator(
    image_shape: Sequence[int],
    filters: int = 64,
    blocks: int = 9,
    upsampling: str = "transposed",
    name: str = "generator",
) -> keras.Model:
    """Builds the network from images to images.

    c7s1-64, d128, d256, `blocks` times R256, u128, u64, c7s1-3 in the names
    of the CycleGAN paper's section 7.2, pixel by pixel as its reference code
    pads: mirrored images before convolutions of stride 1, zeros before those
    of stride 2. Instance normalization has neither scale nor shift.

    Args:
        image_shape: `(height, width, channels)`; height and width multiples
            of 4, more than 4.
        filters: Filters of the first layer; four times as many in the blocks.
        blocks: Residual blocks.
        upsampling: `"transposed"` for u128 and u64 as transposed
            convolutions, as in the paper, or `"resize"` for repeated pixels
            and a convolution.
        name: Name of the network.

    Returns:
        A functional model, `image_shape` -> `image_shape`, in [-1, 1].

    Raises:
        ValueError: There is no such upsampling.
    """
    checks.one_of("upsampling", upsampling, UPSAMPLINGS)
    images = keras.Input(image_shape, name="images")
    x = _relu(_mirrored_conv(images, filters, 7))
    for width in (2 * filters, 4 * filters):
        x = layers.ZeroPadding2D(1)(x)
        x = _relu(Conv2D(width, 3, 2, **_weights())(x))
    for _ in range(blocks):
        x = _block(x)
    for width in (2 * filters, filters):
        x = _relu(_doubled(x, width, upsampling))
    x = _mirrored_conv(x, image_shape[-1], 7)
    outputs = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(images, outputs, name=name)


def _block(x):
    """Two convolutions beside the identity, and no ReLU after the sum."""
    width = x.shape[-1]
    y = _relu(_mirrored_conv(x, width, 3))
    return layers.Add()([x, _norm(_mirrored_conv(y, width, 3))])


def _doubled(x, filters, upsampling):
    if upsampling == "resize":
        return _mirrored_conv(NearestUpsampling()(x), filters, 3)
    x = Conv2DTranspose(filters, 3, 2, **_weights())(x)
    # What is left of PyTorch's padding of 1 and output padding of 1.
    return layers.Cropping2D(((1, 0), (1, 0)))(x)


def _mirrored_conv(x, filters, size):
    x = ReflectionPadding2D(size // 2)(x)
    return Conv2D(filters, size, **_weights())(x)


def _norm(x):
    return normalize(x, "instance")


def _relu(x):
    return layers.ReLU()(_norm(x))


def _weights():
    return {"padding": "valid", "kernel_initializer": normal()}
