"""PatchGAN: the discriminator of Isola et al. 2017, arXiv:1611.07004."""

from collections.abc import Sequence

import keras
from keras import layers

from zoo.layers import Conv2D
from zoo.models.translation.parts import NORMALIZATIONS, normal, normalize
from zoo.utils import checks

_STRIDED_LAYERS = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}
"""Layers of stride 2 by the receptive field in pixels; two more follow."""


def build_patch_gan(
    *image_shapes: Sequence[int],
    filters: int = 64,
    receptive_field: int = 70,
    normalization: str = "batch",
    name: str = "discriminator",
) -> keras.Model:
    """Builds the network that judges each patch of images by itself.

    Each of its logits sees `receptive_field` x `receptive_field` pixels:
    Isola et al. 2017, sections 3.2.2 and 6.1.2, with the paddings of the
    authors' PyTorch code.

    Args:
        *image_shapes: `(height, width, channels)` of each image that it is
            shown, which it sees side by side as channels: one, or for a
            conditional discriminator two. Same height and width.
        filters: Filters of the first layer; they double up to 8 times that.
        receptive_field: Side of a patch in pixels: 16, 34, 70, 142 or 286.
        normalization: `"batch"`, `"instance"` (without scale and shift) or
            `"none"`; never the first and the last layer. Convolutions that
            batch normalization follows have no bias.
        name: Name of the network.

    Returns:
        A functional model, one image or a list of them -> `(rows, columns,
        1)`, float32 logits; 30 x 30 for 256 px and a receptive field of 70.

    Raises:
        ValueError: An argument out of its range, or images too small for the
            receptive field.
    """
    checks.positive_integer("filters", filters)
    checks.one_of("receptive_field", receptive_field, tuple(_STRIDED_LAYERS))
    strided = _STRIDED_LAYERS[receptive_field]
    _check_sizes(image_shapes, strided, receptive_field)
    checks.one_of("normalization", normalization, NORMALIZATIONS)
    inputs = [
        keras.Input(shape, name=f"images_{i}" if i else "images")
        for i, shape in enumerate(image_shapes)
    ]
    x = layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    x = layers.LeakyReLU(0.2)(_conv(filters, 2, True)(x))
    for i in range(1, strided + 1):
        width = filters * min(2**i, 8)
        last = i == strided  # The paddings of 1 cost it a pixel.
        x = layers.ZeroPadding2D(1)(x) if last else x
        x = _conv(width, 1 if last else 2, normalization != "batch")(x)
        x = layers.LeakyReLU(0.2)(normalize(x, normalization))
    x = _conv(1, 1, True)(layers.ZeroPadding2D(1)(x))
    logits = layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model(
        inputs if len(inputs) > 1 else inputs[0], logits, name=name
    )


def _conv(filters, stride, use_bias):
    return Conv2D(
        filters,
        4,
        strides=stride,
        padding="same" if stride == 2 else "valid",
        use_bias=use_bias,
        kernel_initializer=normal(),
    )


def _check_sizes(image_shapes, strided, receptive_field):
    """The last two layers each make a map smaller by one pixel."""
    sizes = {tuple(shape[:2]) for shape in image_shapes}
    divisor = 2**strided
    fits = len(sizes) == 1 and all(
        n % divisor == 0 and n >= 3 * divisor for n in next(iter(sizes))
    )
    if not fits:
        raise ValueError(
            f"A receptive field of {receptive_field} pixels needs images of "
            f"one height and width, both multiples of {divisor} from "
            f"{3 * divisor}. Received: image_shapes={list(image_shapes)}"
        )
