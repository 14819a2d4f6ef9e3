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
from zoo.utils import checks

REFERENCE_SIZE = 64  # Images of the reference batch.
NORMALIZATIONS = {
    True: (True, True),
    False: (False, False),
    "generator": (True, False),
    "reference": ("reference", "reference"),
    "virtual": ("virtual", "virtual"),
}
"""Values of `batch_norm`: the generator's and the discriminator's kind."""


@dataclasses.dataclass(frozen=True)
class DiscriminatorOptions:
    """What a discriminator may have beyond DCGAN's.

    Attributes:
        spectral_norm: Whether to divide each kernel by its largest singular
            value (Miyato et al. 2018).
        minibatch: What is told of the other images of the batch: `"stddev"`
            (Karras et al. 2018), `"discrimination"` (Salimans et al. 2016)
            or `None`.
        instance_noise: Standard deviation of noise on all images in training.
        instance_noise_steps: Training steps in which it falls to 0; `None`
            for noise that stays.
    """

    spectral_norm: bool = False
    minibatch: str | None = None
    instance_noise: float = 0.0
    instance_noise_steps: int | None = None

    def __post_init__(self):
        checks.not_negative("instance_noise", self.instance_noise)
        if self.minibatch not in (None, "stddev", "discrimination"):
            raise ValueError(
                "Argument `minibatch` must be 'stddev', 'discrimination' or "
                f"None. Received: minibatch={self.minibatch!r}"
            )


def check_batch_norm(batch_norm):
    """Returns `batch_norm` if there is such a normalization.

    Args:
        batch_norm: A key of `NORMALIZATIONS`.

    Raises:
        ValueError: There is none.
    """
    if not isinstance(batch_norm, bool | str) or (
        batch_norm not in NORMALIZATIONS
    ):
        raise ValueError(
            f"Argument `batch_norm` must be one of {list(NORMALIZATIONS)}. "
            f"Received: batch_norm={batch_norm!r}"
        )
    return batch_norm


def build_generator(
    image_shape, latent_dim, filters, batch_norm=True, num_classes=0
):
    """Builds the network from latents to images.

    Args:
        image_shape: `(size, size, channels)`.
        latent_dim: Length of a latent vector.
        filters: Filters of the last hidden layer.
        batch_norm: `True`, `False`, `"reference"` or `"virtual"`.
        num_classes: Length of the one-hot vectors that are joined to the
            latents; 0 for none.

    Returns:
        A functional model, `(latent_dim,)`, with classes followed by
        `(num_classes,)`, -> `image_shape`, in [-1, 1].
    """
    widths = _widths(image_shape, filters)[::-1]
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


def build_discriminator(
    image_shape,
    filters,
    batch_norm=True,
    num_classes=0,
    options=DiscriminatorOptions(),
    heads=None,
    name="discriminator",
):
    """Builds the network from images to logits.

    Args:
        image_shape: `(size, size, channels)`.
        filters: Filters of the first layer.
        batch_norm: `True`, `False`, `"reference"` or `"virtual"`; never the
            first layer.
        num_classes: Length of the one-hot vectors that are joined to the
            images as constant channels; 0 for none.
        options: `DiscriminatorOptions`.
        heads: Dict of name to units of further outputs, linear in the last
            features; the network's output is then a dict, with `"logits"`.
        name: Name of the network.

    Returns:
        A functional model, `image_shape`, with classes followed by
        `(num_classes,)`, -> `(1,)`, float32 logits.
    """
    wrap = SpectralNormalization if options.spectral_norm else _same
    inputs, x = join_classes(
        keras.Input(image_shape, name="images"), num_classes
    )
    x = _reference(x, batch_norm)
    if options.instance_noise:
        x = InstanceNoise(
            options.instance_noise, steps=options.instance_noise_steps
        )(x)
    for i, width in enumerate(_widths(image_shape, filters)):
        x = wrap(Conv2D(width, **_conv(not batch_norm)))(x)
        x = layers.LeakyReLU(0.2)(_norm(x, batch_norm) if i else x)
    if isinstance(batch_norm, str):
        x = DropReference(REFERENCE_SIZE)(x)
    if options.minibatch == "stddev":
        x = MinibatchStdDev()(x)
    x = layers.Flatten()(x)
    if options.minibatch == "discrimination":
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


def build_autoencoder(
    image_shape, filters, num_classes=0, code_dim=32, name="discriminator"
):
    """Builds the discriminator of an energy-based GAN.

    DCGAN's discriminator down to a code, and its generator up again, without
    batch statistics; the logit is minus the mean squared error per image
    (Zhao et al. 2017, equation 4, squared).

    Args:
        image_shape: `(size, size, channels)`.
        filters: Filters of the image-side layers.
        num_classes: As of `build_discriminator`; the decoder is shown them
            too.
        code_dim: Length of the code.
        name: Name of the network.

    Returns:
        A functional model like that of `build_discriminator`.
    """
    inputs, x = join_classes(
        keras.Input(image_shape, name="images"), num_classes
    )
    images = inputs[0] if num_classes else inputs
    for width in _widths(image_shape, filters):
        x = layers.LeakyReLU(0.2)(Conv2D(width, **_conv(True))(x))
    code = layers.Dense(code_dim)(layers.Flatten()(x))
    decoder = build_generator(
        image_shape, code_dim, filters, False, num_classes
    )
    decoded = decoder([code, inputs[1]] if num_classes else code)
    logits = MinusSquaredError(dtype="float32")([decoded, images])
    return keras.Model(inputs, logits, name=name)


def _same(layer):
    return layer


def _reference(x, batch_norm):
    return (
        ReferenceBatch(REFERENCE_SIZE)(x) if isinstance(batch_norm, str) else x
    )


def _widths(image_shape, filters):
    halvings = int(math.log2(image_shape[0])) - 2
    return [filters * min(2**i, 8) for i in range(halvings)]


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
