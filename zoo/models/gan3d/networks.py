"""3D-GAN's networks: DCGAN's, with volumes in place of images."""

import math

import keras
from keras import layers

from zoo.layers import (
    BatchNormalization,
    Conv3D,
    Conv3DTranspose,
    MinibatchStdDev,
)


def build_generator(
    resolution: int, latent_dim: int, filters: int
) -> keras.Model:
    """Builds the network from latents to voxels.

    Args:
        resolution: Voxels along each side, a power of two from 8.
        latent_dim: Length of a latent vector.
        filters: Filters of the last hidden layer; they double with each
            halving of the resolution.

    Returns:
        A functional model, `(latent_dim,)` -> `(resolution, resolution,
        resolution, 1)`, probabilities of occupancy.
    """
    widths = _widths(resolution, filters)[::-1]
    latents = keras.Input((latent_dim,), name="latents")
    # A transposed convolution of a single voxel is a dense layer.
    x = layers.Dense(
        4**3 * widths[0], use_bias=False, kernel_initializer=_normal()
    )(latents)
    x = layers.Reshape((4, 4, 4, widths[0]))(x)
    x = layers.ReLU()(_norm(x))
    for width in widths[1:]:
        x = Conv3DTranspose(width, use_bias=False, **_resampling())(x)
        x = layers.ReLU()(_norm(x))
    x = Conv3DTranspose(1, use_bias=False, **_resampling())(x)
    voxels = layers.Activation("sigmoid", dtype="float32")(x)
    return keras.Model(latents, voxels, name="generator")


def build_discriminator(
    resolution: int,
    filters: int,
    batch_norm: bool = True,
    stddev: bool = False,
) -> keras.Model:
    """Builds the network from voxels to logits.

    Args:
        resolution: Voxels along each side, a power of two from 8.
        filters: Filters of the first layer; they double with each halving of
            the resolution.
        batch_norm: Whether to normalize by batch statistics, after every
            hidden layer; otherwise the convolutions have biases.
        stddev: Whether the last layer is told how much the batch's volumes
            differ.

    Returns:
        A functional model, `(resolution, resolution, resolution, 1)` ->
        `(1,)`, float32 logits.
    """
    voxels = keras.Input((resolution,) * 3 + (1,), name="voxels")
    x = voxels
    for width in _widths(resolution, filters):
        x = Conv3D(width, use_bias=not batch_norm, **_resampling())(x)
        x = layers.LeakyReLU(0.2)(_norm(x) if batch_norm else x)
    if stddev:
        x = MinibatchStdDev()(x)
    # A valid convolution of 4^3 voxels by a kernel of 4 is a dense layer.
    x = layers.Dense(1, use_bias=not batch_norm, kernel_initializer=_normal())(
        layers.Flatten()(x)
    )
    logits = layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model(voxels, logits, name="discriminator")


def _widths(resolution, filters):
    return [filters * 2**i for i in range(int(math.log2(resolution)) - 2)]


def _resampling():
    """Halves volumes, or transposed doubles them, by weights of its own."""
    return {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "kernel_initializer": _normal(),
    }


def _normal(mean=0.0):
    """An initializer draws its seed when it is made: each layer needs one."""
    return keras.initializers.RandomNormal(mean, 0.02)


def _norm(x):
    return BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=_normal(1.0)
    )(x)
