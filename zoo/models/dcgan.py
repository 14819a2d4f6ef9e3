"""DCGAN: Radford, Metz, Chintala 2015, arXiv:1511.06434."""

import math

import keras
import numpy as np
from keras import layers, ops

from zoo import backend, batches, checks, losses
from zoo.generative_model import GenerativeModel
from zoo.layers import BatchNormalization, Conv2D, Conv2DTranspose


@keras.saving.register_keras_serializable(package="zoo")
class DCGAN(GenerativeModel):
    """Deep convolutional GAN.

    `generator` maps latents to images through strided transposed
    convolutions, `discriminator` maps images to logits through strided
    convolutions. Both as in PyTorch's reference layout of the paper: kernels
    of 4, no biases before batch normalization, weights drawn from N(0, 0.02).

    Deviations from the paper, each as in that reference: latents are normal,
    not uniform; kernels are 4, not 5, wide; the generator's update reuses the
    images that the discriminator has just been shown, instead of drawing new
    latents, which saves a forward pass.

    Args:
        image_shape: `(size, size, channels)`; the size a power of two from 16
            to 256, one to four channels.
        latent_dim: Length of a latent vector.
        filters: Filters of the widest (image side) convolution; they double
            with each halving of the size, up to 8 times `filters`.
        batch_norm: Whether to normalize by batch statistics: `True`, `False`
            or `"generator"`, for only that network. Without it, convolutions
            have biases.
        r1_weight: Weight gamma of the R1 penalty (Mescheder et al. 2018,
            equation 9), `gamma / 2 E[||grad D(x)||^2]` on real images, part
            of `discriminator_real_loss`; 0, as in the paper, for none. It
            asks for a discriminator without batch statistics.
        label_smoothing: What is taken off the discriminator's target for real
            images, in [0, 1); 0 in the paper.
        ema_decay: Decay of the average of the generator's weights that
            `generate` then uses, or `None`, as in the paper.
        **kwargs: `name` and `dtype`, as of any Keras model.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of float32 images `(batch, size, size, channels)` in
    [-1, 1], alone or as `(images, labels)`, whose labels are not used.

    Example:
    ```python
    images = pipelines.images("fashion_mnist_10k", 32, batch_size=64)
    model = zoo.DCGAN(image_shape=(32, 32, 1), filters=16)
    model.compile()
    model.fit(images, epochs=10)
    samples = model.generate(16, seed=0)  # (16, 32, 32, 1) in [-1, 1]
    ```
    """

    players = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }
    loss_names = (
        "discriminator_real_loss",
        "discriminator_fake_loss",
        "generator_loss",
    )

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=100,
        filters=64,
        batch_norm=True,
        r1_weight=0.0,
        label_smoothing=0.0,
        ema_decay=None,
        **kwargs,
    ):
        super().__init__(ema_decay=ema_decay, **kwargs)
        self.image_shape = checks.power_of_two_images(
            image_shape, smallest=16, largest=256
        )
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.filters = checks.positive_integer("filters", filters)
        self.batch_norm = batch_norm
        self.r1_weight = r1_weight
        self.label_smoothing = checks.fraction(
            "label_smoothing", label_smoothing
        )
        with self.dtype_scope():
            self.generator = build_generator(
                self.image_shape,
                self.latent_dim,
                self.filters,
                bool(batch_norm),
            )
            self.discriminator = build_discriminator(
                self.image_shape, self.filters, batch_norm is True
            )
        self.average("generator")

    def default_optimizers(self):
        """Adam at 2e-4 with beta1 0.5 for both, as in section 4."""
        return {
            player: keras.optimizers.Adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    def sample_latents(self, count):
        """Returns latents from N(0, 1), shape `(count, latent_dim)`."""
        return keras.random.normal(
            (count, self.latent_dim), seed=self.seed_generator
        )

    def discriminator_loss(self, images, generated, training):
        """Minus V(D, G) of Goodfellow et al. 2014, equation 1.

        Real and generated images are separate mini-batches, each with its
        own batch statistics.
        """
        real = self.discriminator(images, training=training)
        fake = self.discriminator(generated, training=training)
        real_loss = losses.discriminator_real(real, self.label_smoothing)
        if training and self.r1_weight:
            real_loss += self.r1_weight / 2 * self.r1_penalty(images)
        return {
            "discriminator_real_loss": real_loss,
            "discriminator_fake_loss": losses.discriminator_fake(fake),
        }

    def r1_penalty(self, images):
        """Mean squared norm of the logits' gradients at real images."""
        gradients = self.input_gradient(
            lambda x: self.discriminator(x, training=True), images
        )
        return ops.mean(ops.sum(ops.square(gradients), axis=(1, 2, 3)))

    def generator_loss(self, generated, training):
        """Non-saturating loss, `-E[log D(G(z))]`."""
        logits = self.discriminator(generated, training=training)
        return {"generator_loss": losses.non_saturating(logits)}

    @backend.stateful
    def train_step(self, data):
        """Updates the discriminator, then the generator, on one batch."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        latents = self.sample_latents(ops.shape(images)[0])
        generated = self.record(
            "generator", lambda: self.generator(latents, training=True)
        )
        discriminator = self.minimize(
            "discriminator",
            lambda: self.discriminator_loss(images, generated.outputs, True),
        )
        generator = self.minimize(
            "generator",
            lambda generated: self.generator_loss(generated, True),
            through=generated,
        )
        return self.log(**discriminator, **generator)

    @backend.stateful
    def test_step(self, data):
        """Computes the losses by moving statistics, and changes nothing."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        latents = self.sample_latents(ops.shape(images)[0])
        generated = self.generator(latents, training=False)
        return self.log(
            **self.discriminator_loss(images, generated, False),
            **self.generator_loss(generated, False),
        )

    def call(self, latents, training=False):
        """Maps latents `(batch, latent_dim)` to images in [-1, 1]."""
        network = self.generator if training else self.network("generator")
        return network(latents, training=training)

    def generate(self, count, seed=None, batch_size=64):
        """Draws images.

        Args:
            count: Number of images.
            seed: Integer that fixes the latents, the same on every backend;
                `None` draws new ones each time.
            batch_size: Images per forward pass.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer.
        """
        count = checks.positive_integer("count", count)
        random = np.random.default_rng(seed)
        latents = random.standard_normal((count, self.latent_dim), "float32")
        return self._generate(latents, count, batch_size)

    def check_batch(self, batch):
        """Raises a ValueError for images that can't be trained on."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "batch_norm": self.batch_norm,
            "r1_weight": self.r1_weight,
            "label_smoothing": self.label_smoothing,
        }


def build_generator(image_shape, latent_dim, filters, batch_norm):
    """Builds the network from latents to images.

    Args:
        image_shape: `(size, size, channels)`.
        latent_dim: Length of a latent vector.
        filters: Filters of the last hidden layer.
        batch_norm: Whether to normalize by batch statistics.

    Returns:
        A functional model, `(latent_dim,)` -> `image_shape`, in [-1, 1].
    """
    widths = _widths(image_shape, filters)[::-1]
    latents = keras.Input((latent_dim,), name="latents")
    # A transposed convolution of a 1x1 map is a dense layer.
    x = layers.Dense(
        4 * 4 * widths[0], use_bias=not batch_norm, kernel_initializer=_normal()
    )(latents)
    x = layers.Reshape((4, 4, widths[0]))(x)
    x = layers.ReLU()(_norm(x, batch_norm))
    for width in widths[1:]:
        x = Conv2DTranspose(width, **_conv(not batch_norm))(x)
        x = layers.ReLU()(_norm(x, batch_norm))
    x = Conv2DTranspose(image_shape[-1], **_conv(not batch_norm))(x)
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(latents, images, name="generator")


def build_discriminator(image_shape, filters, batch_norm):
    """Builds the network from images to logits.

    Args:
        image_shape: `(size, size, channels)`.
        filters: Filters of the first layer.
        batch_norm: Whether to normalize by batch statistics; never the
            first layer.

    Returns:
        A functional model, `image_shape` -> `(1,)`, float32 logits.
    """
    widths = _widths(image_shape, filters)
    images = keras.Input(image_shape, name="images")
    x = Conv2D(widths[0], **_conv(not batch_norm))(images)
    x = layers.LeakyReLU(0.2)(x)
    for width in widths[1:]:
        x = Conv2D(width, **_conv(not batch_norm))(x)
        x = layers.LeakyReLU(0.2)(_norm(x, batch_norm))
    # A valid 4x4 convolution of a 4x4 map is a dense layer.
    x = layers.Dense(1, use_bias=not batch_norm, kernel_initializer=_normal())(
        layers.Flatten()(x)
    )
    logits = layers.Activation("linear", dtype="float32")(x)
    return keras.Model(images, logits, name="discriminator")


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
    return BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=_normal(1.0)
    )(x)
