"""The residual networks of the WGAN-GP paper for CIFAR-10, appendix F."""

import math

import keras
from keras import layers

from zoo.layers import BatchNormalization, Conv2D
from zoo.models.gan.conditions import float32_outputs, join_classes


def build_residual_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    dim: int,
    num_classes: int = 0,
) -> keras.Model:
    """Builds the network from latents to images.

    Args:
        image_shape: `(size, size, channels)`.
        latent_dim: Length of a latent vector.
        dim: Filters of all hidden layers.
        num_classes: Length of the one-hot vectors that are joined to the
            latents; 0 for none.

    Returns:
        A functional model, `(latent_dim,)`, with classes followed by
        `(num_classes,)`, -> `image_shape`, in [-1, 1].
    """
    inputs, x = join_classes(
        keras.Input((latent_dim,), name="latents"), num_classes
    )
    x = layers.Dense(4 * 4 * dim)(x)
    x = layers.Reshape((4, 4, dim))(x)
    for _ in range(int(math.log2(image_shape[0])) - 2):
        x = _block(x, dim, normalize=_norm, before=layers.UpSampling2D(2))
    x = layers.ReLU()(_norm(x))
    x = _conv(image_shape[-1], initializer="glorot_uniform")(x)
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, images, name="generator")


def build_residual_critic(
    image_shape: tuple[int, int, int],
    dim: int,
    num_classes: int = 0,
    heads: dict[str, int] | None = None,
) -> keras.Model:
    """Builds the network from images to the critic's values.

    Args:
        image_shape: `(size, size, channels)`.
        dim: Filters of all hidden layers.
        num_classes: Length of the one-hot vectors that are joined to the
            images as constant channels; 0 for none.
        heads: Dict of name to units of further outputs.

    Returns:
        A functional model, `image_shape`, with classes followed by
        `(num_classes,)`, -> `(1,)`, float32; with heads a dict of outputs.
    """
    pool = layers.AveragePooling2D(2)
    inputs, x = join_classes(
        keras.Input(image_shape, name="images"), num_classes
    )
    x = _first_block(x, dim, pool)
    x = _block(x, dim, after=pool)
    for _ in range(2):
        x = _block(x, dim)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    values = float32_outputs(x, heads, layers.Dense)
    return keras.Model(inputs, values, name="critic")


def _same(x):
    return x


def _block(x, dim, normalize=_same, before=None, after=None):
    """Two convolutions beside a shortcut, resized on both ways."""
    shortcut = x
    if before or after:
        shortcut = _conv(dim, 1, "glorot_uniform")(before(x) if before else x)
        shortcut = after(shortcut) if after else shortcut
    y = layers.ReLU()(normalize(x))
    y = _conv(dim)(before(y) if before else y)
    y = _conv(dim)(layers.ReLU()(normalize(y)))
    return layers.Add()([shortcut, after(y) if after else y])


def _first_block(images, dim, pool):
    """The first block of the critic: images are not rectified."""
    y = layers.ReLU()(_conv(dim)(images))
    y = pool(_conv(dim)(y))
    shortcut = _conv(dim, 1, "glorot_uniform")(pool(images))
    return layers.Add()([shortcut, y])


def _conv(filters, size=3, initializer=None):
    """A convolution of weights as in the paper's code, by default He's there.

    Uniform, of variance 4 / (fan_in + fan_out): He et al.'s where as many maps
    go in as come out, and far less in the critic's first one.
    """
    if initializer is None:
        initializer = keras.initializers.VarianceScaling(
            2.0, "fan_avg", "uniform"
        )
    return Conv2D(filters, size, padding="same", kernel_initializer=initializer)


def _norm(x):
    return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
