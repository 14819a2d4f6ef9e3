"""Pix2Pix: Isola, Zhu, Zhou, Efros 2017, arXiv:1611.07004."""

import math

import keras
import numpy as np
from keras import ops

from zoo import backend, losses
from zoo.engine import batches
from zoo.models.translation.image_translator import ImageTranslator
from zoo.models.translation.patch_gan import build_patch_gan
from zoo.models.translation.skip_unet import build_skip_unet, noise_shapes
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class Pix2Pix(ImageTranslator):
    """Image-to-image translation with a conditional GAN, from pairs.

    `generator` is a U-Net that maps source images to target images,
    `discriminator` a PatchGAN that judges pairs of both, patch by patch. The
    generator minimizes the adversarial loss and 100 times the mean absolute
    difference from the target. Its noise z is dropout, given from outside as
    a row of factors, 0 or 1 / (1 - rate).

    The paper runs the generator after training as in it: with dropout, and
    batch normalization by the statistics of the test batch, of one image. By
    default `translate` does the same for models that were trained on batches
    of one image; after training on larger ones it takes moving averages,
    which then are better (`statistics="auto"`). Either way an image's
    translation does not depend on those beside it. `predict` has no dropout.

    Deviations from the paper, each as in the authors' PyTorch code: no
    normalization of the innermost map, no biases before batch normalization,
    paddings of the discriminator of one pixel on each side.

    Args:
        image_shape: `(size, size, channels)` of the target; the size a power
            of two from 16 to 512 (64 to 512 for useful networks), one to four
            channels. The U-Net is as deep as it takes to reach one pixel.
        source_channels: Channels of the source; `None` for the target's.
        filters: Filters of both networks' image-side convolution.
        receptive_field: Side of the discriminator's patches, in pixels: 16,
            34, 70 as in the paper, 142 or 286.
        normalization: `"batch"`, as in the paper, `"instance"` or `"none"`.
        statistics: What batch normalization takes after training: `"image"`
            for each image's own statistics, `"moving"` for moving averages,
            `"auto"` for those that fit the training.
        upsampling: `"transposed"` convolutions, as in the paper, or
            `"resize"`, repeated pixels and a convolution.
        dropout: Rate of the innermost layers' dropout, in [0, 1).
        loss: A name of `zoo.losses` or a `zoo.losses.AdversarialLoss`;
            `"least_squares"` is a common choice beside the paper's.
        l1_weight: Lambda, the factor of the mean absolute difference.
        **kwargs: `ema_decay`, `name` and `dtype`, as of
            `zoo.GenerativeModel`.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of `(source, target)`, float32 images `(batch, size, size,
    channels)` in [-1, 1], such as `pipelines.paired_images` makes.

    Example:
    ```python
    data = pipelines.paired_images("facades/train", batch_size=1)
    model = zoo.Pix2Pix(image_shape=(256, 256, 3))
    model.compile()
    model.fit(data, epochs=200)
    facades = model.translate(labels, seed=0)  # (n, 256, 256, 3) in [-1, 1]
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
        "l1_loss",
    )

    def __init__(
        self,
        image_shape=(256, 256, 3),
        source_channels=None,
        filters=64,
        *,
        receptive_field=70,
        normalization="batch",
        statistics="auto",
        upsampling="transposed",
        dropout=0.5,
        loss="non_saturating",
        l1_weight=100.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = checks.power_of_two_images(
            image_shape, smallest=16, largest=512
        )
        self.source_channels = checks.positive_integer(
            "source_channels", source_channels or self.image_shape[-1]
        )
        self.filters = checks.positive_integer("filters", filters)
        self.receptive_field = receptive_field
        self.normalization = normalization
        self.statistics = statistics
        self.upsampling = upsampling
        self.dropout = checks.fraction("dropout", dropout)
        self.adversarial_loss = _judging_patches(losses.get(loss))
        self.l1_weight = checks.not_negative("l1_weight", l1_weight)
        with self.dtype_scope():
            self.generator = build_skip_unet(
                self.image_shape,
                self.source_channels,
                self.filters,
                normalization=normalization,
                statistics=statistics,
                upsampling=upsampling,
                dropout=dropout > 0,
            )
            self.discriminator = build_patch_gan(
                self.source_shape,
                self.image_shape,
                filters=self.filters,
                receptive_field=receptive_field,
                normalization=normalization,
            )
        self.average("generator")

    @property
    def source_shape(self):
        """`(size, size, channels)` of source images."""
        return (*self.image_shape[:2], self.source_channels)

    @property
    def noise_dim(self):
        """Number of dropout's factors for an image, 0 without dropout."""
        if not self.dropout:
            return 0
        shapes = noise_shapes(self.image_shape[0], self.filters)
        return sum(math.prod(shape) for shape in shapes)

    def default_optimizers(self):
        """The paper's, section 3.3: Adam at 2e-4 with beta1 0.5 for both."""
        return {
            player: keras.optimizers.Adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    # The losses

    def discriminator_loss(self, source, target, generated, training):
        """Half of `-E[log D(x, y)] - E[log(1 - D(x, G(x, z)))]`.

        Equation 1; halved as in section 3.3, to slow the discriminator down.
        """
        loss = self.adversarial_loss
        real = self.discriminator([source, target], training=training)
        fake = self.discriminator([source, generated], training=training)
        return {
            "discriminator_real_loss": loss.real(real) / 2,
            "discriminator_fake_loss": loss.fake(fake) / 2,
        }

    def generator_loss(self, source, target, generated, training):
        """`-E[log D(x, G(x, z))] + lambda E[||y - G(x, z)||_1]`, equation 4.

        In its non-saturating form, as in section 3.3.
        """
        fake = self.discriminator([source, generated], training=training)
        return {
            "generator_loss": self.adversarial_loss.generator(fake),
            "l1_loss": self.l1_weight * losses.l1(generated, target),
        }

    # The step

    @backend.stateful
    def train_step(self, data):
        """Updates the discriminator, then the generator, on one batch."""
        source, target, _ = keras.utils.unpack_x_y_sample_weight(data)
        inputs = self.with_noise(source, self.sample_noise(source))
        made = self.record(
            "generator", lambda: self.generator(inputs, training=True)
        )
        judged = self.minimize(
            "discriminator",
            lambda: self.discriminator_loss(source, target, made.outputs, True),
        )
        generated = self.minimize(
            "generator",
            lambda images: self.generator_loss(source, target, images, True),
            through=made,
        )
        return self.log(**judged, **generated)

    @backend.stateful
    def test_step(self, data):
        """Computes the losses of images made as by `translate`."""
        source, target, _ = keras.utils.unpack_x_y_sample_weight(data)
        inputs = self.with_noise(source, self.sample_noise(source))
        generated = self.generator(inputs, training=False)
        return self.log(
            **self.discriminator_loss(source, target, generated, False),
            **self.generator_loss(source, target, generated, False),
        )

    def sample_noise(self, source):
        """Returns dropout's factors for source images, `(n, noise_dim)`."""
        shape = (ops.shape(source)[0], self.noise_dim)
        uniform = keras.random.uniform(shape, seed=self.seed_generator)
        return self._factors(uniform)

    def _factors(self, uniform):
        """Of numbers in [0, 1), returns 0 or what makes up for the zeros."""
        kept = ops.cast(uniform >= self.dropout, "float32")
        return kept / (1 - self.dropout)

    def with_noise(self, source, noise):
        """Returns the generator's inputs, which without dropout are images."""
        return [source, noise] if self.dropout else source

    # Translating

    def call(self, inputs, training=False):
        """Maps source images to images in [-1, 1].

        Args:
            inputs: Source images, or a list of them and noise
                `(batch, noise_dim)`; without it nothing is dropped.
            training: Whether to normalize as in training.
        """
        if self.dropout and not isinstance(inputs, list | tuple):
            shape = (ops.shape(inputs)[0], self.noise_dim)
            inputs = [inputs, ops.ones(shape)]
        network = self.generator if training else self.network("generator")
        return network(inputs, training=training)

    def translate(self, images, seed=None, batch_size=16, dropout=True):
        """Translates source images.

        Args:
            images: float32 `(count, size, size, source_channels)` in
                [-1, 1].
            seed: Integer that fixes the noise, the same on every backend;
                `None` draws another each time.
            batch_size: Images per forward pass; the result does not depend
                on it.
            dropout: Whether there is noise, as in the paper, or the same
                result each time.

        Returns:
            float32 array `(count, *image_shape)` in [-1, 1].

        Raises:
            ValueError: Images of another shape, dtype or range.
        """
        batches.check_images(images, self.source_shape, "source images")
        images = ops.convert_to_numpy(images).astype("float32")
        noise = np.ones((len(images), self.noise_dim), "float32")
        if dropout:
            random = np.random.default_rng(seed)
            uniform = random.random(noise.shape, "float32")
            noise = ops.convert_to_numpy(self._factors(uniform))
        inputs = self.with_noise(images, noise)
        return self._generate(inputs, len(images), batch_size)

    # Data and saving

    def check_batch(self, batch):
        """Raises a ValueError for data that can't be trained on."""
        source, target, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if target is None:
            raise ValueError(
                "Expected batches of (source, target) images. "
                f"Received: {type(batch).__name__} without a target"
            )
        batches.check_images(source, self.source_shape, "source images")
        batches.check_images(target, self.image_shape, "target images")

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "source_channels": self.source_channels,
            "filters": self.filters,
            "receptive_field": self.receptive_field,
            "normalization": self.normalization,
            "statistics": self.statistics,
            "upsampling": self.upsampling,
            "dropout": self.dropout,
            "loss": losses.serialize(self.adversarial_loss),
            "l1_weight": self.l1_weight,
        }


def _judging_patches(loss):
    if loss.energy:
        raise ValueError(
            "Argument `loss` must be one of logits: the discriminator is no "
            f"auto-encoder. Received: loss={loss.name!r}"
        )
    return loss
