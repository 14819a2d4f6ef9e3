"""The U-Net between images of Isola et al. 2017, section 6.1.1."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from zoo.layers import (
    Conv2D,
    Conv2DTranspose,
    MultiplyByNoise,
    NearestUpsampling,
)
from zoo.models.translation.parts import (
    NORMALIZATIONS,
    UPSAMPLINGS,
    normal,
    normalize,
)
from zoo.utils import checks


def build_skip_unet(
    image_shape: Sequence[int],
    source_channels: int,
    filters: int = 64,
    *,
    normalization: str = "batch",
    statistics: str = "auto",
    upsampling: str = "transposed",
    dropout: bool = True,
) -> keras.Model:
    """Builds the network from source images to target images.

    Halves the image down to one pixel and doubles it up again; each map on
    the way up is joined to its counterpart on the way down. As the authors'
    PyTorch code, the innermost map is not normalized (a batch of one image
    has no variance there), and convolutions that batch normalization follows
    have no bias.

    Args:
        image_shape: `(size, size, channels)` of the target, the size a power
            of two.
        source_channels: Channels of the source.
        filters: Filters of the image-side convolution; they double with each
            halving, up to 8 times `filters`.
        normalization: `"batch"`, `"instance"` or `"none"`.
        statistics: What batch normalization takes after training: `"image"`
            for each image's own statistics, `"moving"` for moving averages,
            `"auto"` for those that fit the training.
        upsampling: `"transposed"` for transposed convolutions, as in the
            paper, or `"resize"` for repeated pixels and a convolution, which
            leave no chequerboard (Odena et al. 2016); one more at full size
            then joins the source to the last map, without which each pixel
            of a pair would be drawn by weights of its own.
        dropout: Whether the innermost maps on the way up are multiplied by
            noise, see `noise_shapes`.

    Returns:
        A functional model, `images` `(size, size, source_channels)` and, with
        dropout, `noise` `(noise_dim,)`, all factors in a row, ->
        `image_shape`, in [-1, 1].

    Raises:
        ValueError: An argument out of its range.
    """
    checks.one_of("normalization", normalization, NORMALIZATIONS)
    checks.positive_integer("filters", filters)
    checks.one_of("upsampling", upsampling, UPSAMPLINGS)
    size, _, channels = image_shape
    widths = _widths(size, filters)
    use_bias = normalization != "batch"
    noise = _NoiseInput(noise_shapes(size, filters)) if dropout else None
    images = keras.Input((size, size, source_channels), name="images")
    x, skips = images, []
    for i, width in enumerate(widths):
        x = layers.LeakyReLU(0.2)(x) if i else x
        x = Conv2D(width, use_bias=use_bias, **_halving())(x)
        if 0 < i < len(widths) - 1:
            x = normalize(x, normalization, statistics)
        skips.append(x)
    for skip, width in zip(skips[-2::-1], widths[-2::-1], strict=True):
        x = _doubled(layers.ReLU()(x), width, upsampling, use_bias)
        x = normalize(x, normalization, statistics)
        x = noise(x) if noise else x
        x = layers.Concatenate()([skip, x])
    x = layers.ReLU()(x)
    if upsampling == "resize":
        x = _doubled(x, filters, upsampling, use_bias)
        x = layers.ReLU()(normalize(x, normalization, statistics))
        x = _conv(layers.Concatenate()([images, x]), channels, True)
    else:
        x = _doubled(x, channels, upsampling, True)
    outputs = layers.Activation("tanh", dtype="float32")(x)
    inputs = [images, noise.inputs] if noise else images
    return keras.Model(inputs, outputs, name="generator")


def noise_shapes(size: int, filters: int) -> list[tuple[int, int, int]]:
    """Returns the shapes of the maps that dropout acts on.

    The three innermost ones on the way up, as in section 6.1.1; of images of
    less than 128 pixels two, of less than 64 one.

    Args:
        size: Height and width of the images, a power of two.
        filters: Filters of the image-side convolution.

    Returns:
        List of `(height, width, channels)`.
    """
    inner = _widths(size, filters)[-2::-1]
    count = max(1, min(3, len(inner) - 3))
    return [(2 << i, 2 << i, inner[i]) for i in range(count)]


class _NoiseInput:
    """Hands the factors of a noise input out to one map after the other."""

    def __init__(self, shapes):
        sizes = [math.prod(shape) for shape in shapes]
        self.inputs = keras.Input((sum(sizes),), name="noise")
        self.starts = [sum(sizes[:i]) for i in range(len(sizes))]

    def __call__(self, x):
        if not self.starts:
            return x
        return MultiplyByNoise(self.starts.pop(0))([x, self.inputs])


def _widths(size, filters):
    return [filters * min(2**i, 8) for i in range(int(math.log2(size)))]


def _halving():
    return {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "kernel_initializer": normal(),
    }


def _doubled(x, filters, upsampling, use_bias):
    if upsampling == "transposed":
        return Conv2DTranspose(filters, use_bias=use_bias, **_halving())(x)
    return _conv(NearestUpsampling()(x), filters, use_bias)


def _conv(x, filters, use_bias):
    return Conv2D(
        filters,
        3,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=normal(),
    )(x)
