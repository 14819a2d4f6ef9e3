"""The residual networks of the WGAN-GP paper for CIFAR-10, appendix F."""

import math

import keras
from keras import layers

from zoo.layers import BatchNormalization, Conv2D


def build_residual_generator(image_shape, latent_dim, dim):
    """Builds the network from latents to images.

    Args:
        image_shape: `(size, size, channels)`.
        latent_dim: Length of a latent vector.
        dim: Filters of all hidden layers.

    Returns:
        A functional model, `(latent_dim,)` -> `image_shape`, in [-1, 1].
    """
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(4 * 4 * dim)(latents)
    x = layers.Reshape((4, 4, dim))(x)
    for _ in range(int(math.log2(image_shape[0])) - 2):
        x = _block(x, dim, normalize=_norm, before=layers.UpSampling2D(2))
    x = layers.ReLU()(_norm(x))
    x = _conv(image_shape[-1], initializer="glorot_uniform")(x)
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(latents, images, name="generator")


def build_residual_critic(image_shape, dim):
    """Builds the network from images to the critic's values.

    Args:
        image_shape: `(size, size, channels)`.
        dim: Filters of all hidden layers.

    Returns:
        A functional model, `image_shape` -> `(1,)`, float32.
    """
    pool = layers.AveragePooling2D(2)
    images = keras.Input(image_shape, name="images")
    x = _first_block(images, dim, pool)
    x = _block(x, dim, after=pool)
    for _ in range(2):
        x = _block(x, dim)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    x = layers.Dense(1)(x)
    values = layers.Activation("linear", dtype="float32")(x)
    return keras.Model(images, values, name="critic")


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


def _conv(filters, size=3, initializer="he_uniform"):
    return Conv2D(filters, size, padding="same", kernel_initializer=initializer)


def _norm(x):
    return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
