"""DCGAN's networks, with what later papers add to them as options."""

import dataclasses
import math

import keras
from keras import layers

from zoo.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    DropReference,
    InstanceNoise,
    MinibatchDiscrimination,
    MinibatchStdDev,
    MinusSquaredError,
    ReferenceBatch,
    ReferenceBatchNormalization,
    SpectralNormalization,
    VirtualBatchNormalization,
)
from zoo.models.gan.conditions import float32_outputs, join_classes
from zoo.models.gan.layout import NORMALIZATIONS, Layout

REFERENCE_SIZE = 64  # Images of the reference batch.
CODE_DIM = 32  # Length of an auto-encoder's code.


def build_generator(
    layout: Layout, latent_dim: int, num_classes: int = 0
) -> keras.Model:
    """Builds the network from latents to images.

    Args:
        layout: What it is made of.
        latent_dim: Length of a latent vector.
        num_classes: Length of the one-hot vectors that are joined to the
            latents; 0 for none.

    Returns:
        A functional model, `(latent_dim,)`, with classes followed by
        `(num_classes,)`, -> `image_shape`, in [-1, 1].
    """
    layout.check_size()
    image_shape = layout.image_shape
    batch_norm, _ = NORMALIZATIONS[layout.batch_norm]
    widths = _widths(layout)[::-1]
    inputs, x = join_classes(
        keras.Input((latent_dim,), name="latents"), num_classes
    )
    x = _reference(x, batch_norm)
    # A transposed convolution of a 1x1 map is a dense layer.
    x = layers.Dense(
        4 * 4 * widths[0], use_bias=not batch_norm, kernel_initializer=_normal()
    )(x)
    x = layers.Reshape((4, 4, widths[0]))(x)
    x = layers.ReLU()(_norm(x, batch_norm))
    for width in widths[1:]:
        x = Conv2DTranspose(width, **_conv(not batch_norm))(x)
        x = layers.ReLU()(_norm(x, batch_norm))
    x = Conv2DTranspose(image_shape[-1], **_conv(not batch_norm))(x)
    if isinstance(batch_norm, str):
        x = DropReference(REFERENCE_SIZE)(x)
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, images, name="generator")


def build_opponent(
    layout: Layout,
    name: str,
    num_classes: int = 0,
    heads: dict[str, int] | None = None,
    energy: bool = False,
) -> keras.Model:
    """Builds the network from images to logits.

    Args:
        layout: What it is made of; its first layer is never normalized.
        name: Name of the network.
        num_classes: Length of the one-hot vectors that are joined to the
            images as constant channels; 0 for none.
        heads: Dict of name to units of further outputs, linear in the last
            features; the network's output is then a dict, with `"logits"`.
        energy: Whether it is an auto-encoder, which has no heads.

    Returns:
        A functional model, `image_shape`, with classes followed by
        `(num_classes,)`, -> `(1,)`, float32 logits.
    """
    layout.check_size()
    if energy:
        return _autoencoder(layout, name, num_classes)
    return _discriminator(layout, name, num_classes, heads)


def _discriminator(layout, name, num_classes, heads):
    _, batch_norm = NORMALIZATIONS[layout.batch_norm]
    wrap = SpectralNormalization if layout.spectral_norm else _same
    inputs, x = join_classes(
        keras.Input(layout.image_shape, name="images"), num_classes
    )
    x = _reference(x, batch_norm)
    if layout.instance_noise:
        x = InstanceNoise(
            layout.instance_noise, steps=layout.instance_noise_steps
        )(x)
    for i, width in enumerate(_widths(layout)):
        x = wrap(Conv2D(width, **_conv(not batch_norm)))(x)
        x = layers.LeakyReLU(0.2)(_norm(x, batch_norm) if i else x)
    if isinstance(batch_norm, str):
        x = DropReference(REFERENCE_SIZE)(x)
    if layout.minibatch == "stddev":
        x = MinibatchStdDev()(x)
    x = layers.Flatten()(x)
    if layout.minibatch == "discrimination":
        x = MinibatchDiscrimination(kernels=16, dimensions=8)(x)
    # A valid 4x4 convolution of a 4x4 map is a dense layer.
    outputs = float32_outputs(
        x,
        heads,
        lambda units: wrap(
            layers.Dense(
                units, use_bias=not batch_norm, kernel_initializer=_normal()
            )
        ),
    )
    return keras.Model(inputs, outputs, name=name)


def _autoencoder(layout, name, num_classes):
    """Builds the discriminator of an energy-based GAN.

    DCGAN's discriminator down to a code, and its generator up again, without
    batch statistics; both are told the class. The logit is minus the mean
    squared error per image (Zhao et al. 2017, equation 4, squared).
    """
    inputs, x = join_classes(
        keras.Input(layout.image_shape, name="images"), num_classes
    )
    images = inputs[0] if num_classes else inputs
    for width in _widths(layout):
        x = layers.LeakyReLU(0.2)(Conv2D(width, **_conv(True))(x))
    code = layers.Dense(CODE_DIM)(layers.Flatten()(x))
    plain = dataclasses.replace(layout, batch_norm=False)
    decoder = build_generator(plain, CODE_DIM, num_classes)
    decoded = decoder([code, inputs[1]] if num_classes else code)
    logits = MinusSquaredError(dtype="float32")([decoded, images])
    return keras.Model(inputs, logits, name=name)


def _same(layer):
    return layer


def _reference(x, batch_norm):
    return (
        ReferenceBatch(REFERENCE_SIZE)(x) if isinstance(batch_norm, str) else x
    )


def _widths(layout):
    halvings = int(math.log2(layout.image_shape[0])) - 2
    return [layout.filters * min(2**i, 8) for i in range(halvings)]


def _normal(mean=0.0):
    return keras.initializers.RandomNormal(mean, 0.02)


def _conv(use_bias):
    return {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "use_bias": use_bias,
        "kernel_initializer": _normal(),
    }


def _norm(x, batch_norm):
    if not batch_norm:
        return x
    if batch_norm is True:
        return BatchNormalization(
            momentum=0.9, epsilon=1e-5, gamma_initializer=_normal(1.0)
        )(x)
    kind = {
        "reference": ReferenceBatchNormalization,
        "virtual": VirtualBatchNormalization,
    }[batch_norm]
    return kind(REFERENCE_SIZE)(x)
