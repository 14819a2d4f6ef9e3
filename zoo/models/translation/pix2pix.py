"""Pix2Pix: Isola, Zhu, Zhou, Efros 2017, arXiv:1611.07004."""

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo import backend, losses
from zoo.engine import batches, networks
from zoo.engine.adam import adam
from zoo.engine.generative_model import GenerativeModel
from zoo.losses import AdversarialLoss
from zoo.models.translation import two_sets
from zoo.models.translation.dropout_noise import DropoutNoise
from zoo.models.translation.patch_gan import build_patch_gan
from zoo.models.translation.skip_unet import build_skip_unet, noise_shapes
from zoo.utils import checks
from zoo.utils.grids import beside


@keras.saving.register_keras_serializable(package="zoo")
class Pix2Pix(GenerativeModel):
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
    paddings of the discriminator of one pixel on each side. And from that
    code: dropout is on the three innermost maps on the way up, of 2, 4 and 8
    pixels, as in the paper, and not on those of 4, 8 and 16; the discriminator
    is shown the real pair before the generated one, which its moving
    statistics alone tell; these have the biased variance.

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
            `"auto"` for those that fit the training: moving averages if any
            batch in it held more than one pair, else each image's own.
        upsampling: `"transposed"` convolutions, as in the paper, or
            `"resize"`, repeated pixels and a convolution.
        dropout: Rate of the innermost layers' dropout, in [0, 1).
        loss: A name of `zoo.losses` or a `zoo.losses.AdversarialLoss`;
            `"least_squares"` is a common choice beside the paper's.
        l1_weight: Lambda, the factor of the mean absolute difference.
        generator: A network of one's own in place of the U-Net, a
            `keras.Model` from source images, or a list of these and of
            factors of dropout `(noise_dim,)`, 0 or 1 / (1 - `dropout`), to
            images `image_shape`, float32 in [-1, 1]. Images may then have any
            size. `filters`, `normalization`, `statistics` and `upsampling`
            are not the generator's then.
        discriminator: One's own, from a list of source and target to logits
            `(..., 1)`, float32.
        ema_decay: Decay of the average of the generator's weights that
            `translate` then uses, in [0, 1), or `None`, as in the paper.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

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
    makes = {"generator": "translated"}
    usage = "translated = model.translate(images, seed=0)"
    plain_rows = 4

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (256, 256, 3),
        source_channels: int | None = None,
        filters: int = 64,
        *,
        receptive_field: int = 70,
        normalization: str = "batch",
        statistics: str = "auto",
        upsampling: str = "transposed",
        dropout: float = 0.5,
        loss: str | AdversarialLoss = "non_saturating",
        l1_weight: float = 100.0,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(ema_decay=ema_decay, name=name, dtype=dtype)
        self.image_shape = checks.image_shape(image_shape)
        if generator is None:
            checks.power_of_two_images(image_shape, smallest=16, largest=512)
        self.source_channels = checks.positive_integer(
            "source_channels", source_channels or self.image_shape[-1]
        )
        self.source_shape = (*self.image_shape[:2], self.source_channels)
        self.filters = checks.positive_integer("filters", filters)
        self.receptive_field = receptive_field
        self.normalization = normalization
        self.statistics = statistics
        self.upsampling = upsampling
        self.dropout = checks.fraction("dropout", dropout)
        self.adversarial_loss = _judging_patches(losses.get(loss))
        self.l1_weight = checks.not_negative("l1_weight", l1_weight)
        self._set_networks(generator, discriminator)
        self.average("generator")

    def _set_networks(self, generator, discriminator):
        generator = networks.revived(generator)
        shapes = _noise_of(generator)
        if shapes is None:
            shapes = noise_shapes(self.image_shape[0], self.filters)
        self.noise = DropoutNoise(self.dropout if shapes else 0.0, shapes)
        images = networks.tensor(self.source_shape, "images")
        noise = networks.tensor((self.noise.dim,), "noise")
        self.generator = self.given_or_built(
            "generator",
            generator,
            lambda: build_skip_unet(
                self.image_shape,
                self.source_channels,
                self.filters,
                normalization=self.normalization,
                statistics=self.statistics,
                upsampling=self.upsampling,
                dropout=self.dropout > 0,
            ),
            [images, noise] if self.noise.dim else [images],
            self.image_shape,
        )
        self.discriminator = self.given_or_built(
            "discriminator",
            discriminator,
            lambda: build_patch_gan(
                self.source_shape,
                self.image_shape,
                filters=self.filters,
                receptive_field=self.receptive_field,
                normalization=self.normalization,
            ),
            [images, networks.tensor(self.image_shape, "target")],
            (..., 1),
        )

    @property
    def noise_dim(self) -> int:
        """Number of dropout's factors for an image, 0 without dropout."""
        return self.noise.dim

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's, section 3.3: Adam at 2e-4 with beta1 0.5 for both."""
        return {
            player: adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    # The losses

    def discriminator_loss(
        self, source: Any, target: Any, generated: Any, training: bool
    ) -> dict[str, Any]:
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

    def generator_loss(
        self, source: Any, target: Any, generated: Any, training: bool
    ) -> dict[str, Any]:
        """`-E[log D(x, G(x, z))] + lambda E[||y - G(x, z)||_1]`, equation 4.

        In its non-saturating form, as in section 3.3.
        """
        fake = self.discriminator([source, generated], training=training)
        return {
            "generator_loss": self.adversarial_loss.generator(fake),
            "l1_loss": self.l1_weight * losses.l1(generated, target),
        }

    # The step

    def translation(self, source: Any, noise: Any, training: bool) -> Any:
        """Returns G(x, z)."""
        inputs = self.noise.beside(source, noise)
        return self.generator(inputs, training=training)

    def sample_noise(self, source: Any) -> Any:
        """Returns z for source images, `(batch, noise_dim)`."""
        return self.noise.sample(source, self.seed_generator)

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates the discriminator, then the generator, on one batch."""
        source, target = two_sets.unpack(data)
        noise = self.sample_noise(source)
        made = self.record(
            "generator", lambda: self.translation(source, noise, True)
        )
        discriminator = self.minimize(
            "discriminator",
            lambda: self.discriminator_loss(source, target, made.outputs, True),
        )
        generator = self.minimize(
            "generator",
            lambda images: self.generator_loss(source, target, images, True),
            through=made,
        )
        return self.log(**discriminator, **generator)

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the losses of images made as by `translate`."""
        source, target = two_sets.unpack(data)
        made = self.translation(source, self.sample_noise(source), False)
        return self.log(
            **self.discriminator_loss(source, target, made, False),
            **self.generator_loss(source, target, made, False),
        )

    # Translating

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Maps source images to images in [-1, 1].

        Args:
            inputs: Source images, or a list of them and noise
                `(batch, noise_dim)`; without it nothing is dropped.
            training: Whether to normalize as in training.
        """
        if not isinstance(inputs, list | tuple):
            inputs = self.noise.beside(inputs, self.noise.nothing(inputs))
        network = self.generator if training else self.network("generator")
        return network(inputs, training=training)

    def translate(
        self,
        images: Any,
        seed: int | None = None,
        batch_size: int = 16,
        dropout: bool = True,
    ) -> np.ndarray:
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
        noise = self.noise.draw(len(images), seed, dropout)
        inputs = self.noise.beside(images, noise)
        return self._generate(inputs, len(images), batch_size)

    def pictures(
        self,
        count: int,
        seed: int | None = None,
        inputs: Any = None,
        batch_size: int = 16,
        dropout: bool = True,
    ) -> np.ndarray:
        """Translates images, to be looked at beside their source.

        Args:
            count: Number of pictures.
            seed: Integer that fixes the noise, or `None`.
            inputs: At least `count` source images `(n, height, width,
                channels)`, or pairs side by side `(n, height, 2 width,
                channels)`, whose target is then shown too.
            batch_size: Images per forward pass.
            dropout: Whether there is noise.

        Returns:
            float32 array `(count, height, 2 or 3 times width, channels)`: the
            source, its translation, and the target if it is known.

        Raises:
            ValueError: No, too few or unfit `inputs`.
        """
        _, width, channels = self.source_shape
        shown = two_sets.to_show(count, inputs)
        source, target = shown[:, :, :width], shown[:, :, width:]
        source = source[..., :channels]
        made = self.translate(source, seed, batch_size, dropout)
        return beside(source, made, *([target] if target.size else []))

    # Data and saving

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for data that can't be trained on."""
        names = "source images", "target images"
        two_sets.check(batch, names, (self.source_shape, self.image_shape))

    def get_config(self) -> dict[str, Any]:
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


def _noise_of(generator):
    """Returns the shapes of what a given generator takes as noise, if any."""
    if generator is None:
        return None
    inputs = getattr(generator, "inputs", None) or ()
    return [tuple(x.shape[1:]) for x in inputs[1:]]


def _judging_patches(loss):
    if loss.energy:
        raise ValueError(
            "Argument `loss` must be one of logits: the discriminator is no "
            f"auto-encoder. Received: loss={loss.name!r}"
        )
    return loss
