"""StyleGAN: Karras, Laine, Aila 2019, arXiv:1812.04948."""

import dataclasses
import math
from typing import Any

import keras
from keras import ops

from zoo.engine.adam import adam
from zoo.losses import AdversarialLoss, Penalty
from zoo.models.gan.conditions import with_conditions
from zoo.models.gan.game import Round
from zoo.models.gan.tricks import (
    AccuracyGate,
    GradientPenalty,
    LabelSmoothing,
    ModeSeeking,
    TopK,
)
from zoo.models.stylegan.architecture import Architecture
from zoo.models.stylegan.growing import GrowingGAN
from zoo.models.stylegan.networks import (
    build_discriminator,
    build_mapping,
    build_synthesis,
    discriminate,
    synthesize,
)
from zoo.models.stylegan.sampling import StyleSampling
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class StyleGAN(StyleSampling, GrowingGAN):
    """Style-based generator, grown progressively.

    `mapping` turns latents z into intermediate latents w; `synthesis` makes
    images of a learned constant, of noise, and of one w for each of its
    layers, which sets the mean and deviation of every map there;
    `discriminator` is that of progressive growing.

    `fit` begins at `first_resolution`. Once a resolution has been trained
    with `stable_images`, the next epoch begins the next one, whose layers are
    faded in over `fade_images` and then trained with `stable_images`. How far
    the networks have grown is part of their state: saved, and continued.
    Data and generated images are of full size throughout; until a network
    has grown, its images are of repeated pixels.

    Deviations from the paper: the batch size and the learning rates are the
    same at all resolutions (the authors' code goes down to 4 images per
    device and up to 3e-3 at 1024x1024), and Adam's moments stay when a
    network grows; the next resolution begins with an epoch; the generator's
    update reuses the images that the discriminator has just been shown. And
    from the authors' code: truncation is towards the mean w of the class,
    where that has one mean for all; each image has a crossover of its own in
    style mixing, where that draws one for a batch; the average's decay is for
    an update, with a warm-up, where that has half-life of 10,000 images.

    Args:
        resolution: Height and width of the images, a power of two from 8 to
            1024.
        channels: Channels of the images, 1 to 4.
        num_classes: Number of classes, or `None` for images of any. As in
            the authors' code, a learned vector of the class is joined to z,
            and of one logit for each class the discriminator gives that of
            the image's.
        latent_dim: Length of z and w, 512 in the paper.
        filters: Maps of the layers at full resolution, which double with each
            halving of the size; `None` for the paper's, 16384 / resolution.
        max_filters: Most maps of a layer, 512 in the paper.
        mapping_layers: Layers of the mapping network, 8 in the paper.
        style_mixing: Fraction of images in training whose layers beyond a
            random one are styled by a second latent, in [0, 1); 0.9 in the
            paper.
        grow: Whether to grow; `False` trains at full size from the start.
        first_resolution: Where growing begins, a power of two from 4; 8 in
            the paper.
        fade_images: Training images over which a resolution is faded in.
        stable_images: Training images for each resolution besides.
        penalty: `"r1"`, as in the paper, `"r2"`, `"wgan_gp"`, `"dragan"`, a
            `zoo.losses.Penalty` or `None`.
        penalty_weight: Factor of the penalty; `None` for its paper's, gamma
            10 of R1.
        loss: A name of `zoo.losses` for logits, `"non_saturating"` as in the
            paper, or a `zoo.losses.AdversarialLoss`.
        label_smoothing: What is taken off the discriminator's target for real
            images, in [0, 1); 0 in the paper.
        discriminator_steps: Updates of the discriminator for each of the
            generator.
        accuracy_gate: The discriminator is updated only if its accuracy on
            the last batch was not higher, in [0, 1); `None` for no gate.
        mode_seeking_weight: Factor of the mode-seeking term (Mao et al.
            2019), 0 for none.
        top_k: Share of a batch, in (0, 1], whose images the generator learns
            from, those that most look real to the discriminator (Sinha et al.
            2020); 1 for all.
        ema_decay: Decay of the average of the generator's weights that
            `generate` uses, or `None`.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of float32 images `(batch, resolution, resolution,
    channels)` in [-1, 1], alone or as `(images, labels)`, whose integer labels
    `(batch,)` are needed with `num_classes`, and else not used.

    Example:
    ```python
    images = pipelines.images("fashion_mnist_10k", 32, batch_size=32)
    model = zoo.StyleGAN(32, channels=1, latent_dim=64, filters=16,
                         fade_images=9_000, stable_images=9_000)
    model.compile()
    model.fit(images, epochs=6)  # At 8, 16, 16, 32, 32, 32 pixels.
    samples = model.generate(16, truncation_psi=0.7, seed=0)
    ```
    """

    players = {
        "discriminator": ("discriminator",),
        "generator": ("mapping", "synthesis"),
    }

    def __init__(
        self,
        resolution: int = 1024,
        channels: int = 3,
        *,
        num_classes: int | None = None,
        latent_dim: int = 512,
        filters: int | None = None,
        max_filters: int = 512,
        mapping_layers: int = 8,
        style_mixing: float = 0.9,
        grow: bool = True,
        first_resolution: int = 8,
        fade_images: int = 600_000,
        stable_images: int = 600_000,
        penalty: str | Penalty | None = "r1",
        penalty_weight: float | None = None,
        loss: str | AdversarialLoss = "non_saturating",
        label_smoothing: float = 0.0,
        discriminator_steps: int = 1,
        accuracy_gate: float | None = None,
        mode_seeking_weight: float = 0.0,
        top_k: float = 1.0,
        ema_decay: float | None = 0.999,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(
            loss=loss,
            tricks=[
                LabelSmoothing(label_smoothing),
                GradientPenalty(penalty, penalty_weight),
                AccuracyGate(accuracy_gate),
                ModeSeeking(mode_seeking_weight),
                TopK(top_k),
            ],
            discriminator_steps=discriminator_steps,
            num_classes=num_classes,
            ema_decay=ema_decay,
            name=name,
            dtype=dtype,
        )
        if self.adversarial_loss.energy:
            raise ValueError(
                "Argument `loss` must be one of logits, not of an "
                f"auto-encoder. Received: loss={self.adversarial_loss.name!r}"
            )
        resolution = _check_resolution("resolution", resolution, 8, 1024)
        self.first_resolution = _check_resolution(
            "first_resolution", first_resolution, 4, resolution
        )
        self.image_shape = checks.power_of_two_images(
            (resolution, resolution, channels), smallest=8, largest=1024
        )
        if filters is None:
            filters = 16384 // resolution
        self.architecture = Architecture(
            resolution,
            channels,
            checks.positive_integer("latent_dim", latent_dim),
            checks.positive_integer("filters", filters),
            checks.positive_integer("max_filters", max_filters),
            checks.positive_integer("mapping_layers", mapping_layers),
        )
        self.latent_dim = latent_dim
        self.style_mixing = checks.fraction("style_mixing", style_mixing)
        self.grow = bool(grow)
        self._build_networks(fade_images, stable_images)
        self.start_game()

    def _build_networks(self, fade_images, stable_images):
        last = self.architecture.stages - 1
        first = int(math.log2(self.first_resolution)) - 2
        growth = {
            "first": first if self.grow else last,
            "last": last,
            "fade_images": fade_images,
            "stable_images": stable_images,
        }
        with self.dtype_scope():
            self.mapping = build_mapping(self.architecture, self.num_classes)
            self.synthesis = build_synthesis(self.architecture, growth)
            self.discriminator = build_discriminator(
                self.architecture, self.num_classes
            )

    @property
    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shape of each layer's noise, `(size, size, 1)`."""
        return self.architecture.noise_shapes

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Adam at 1e-3, betas 0 and 0.99, epsilon 1e-8: appendix C."""
        return {
            player: adam(1e-3, beta_1=0.0, beta_2=0.99, name=player)
            for player in self.players
        }

    # What the game asks for

    def synthesize(self, latents: Any, play: Round) -> Any:
        """Returns images of the stage's size, of mixed styles in training."""
        layer, level = self.synthesis.get_layer, self.growth(latents)
        styles = self.draw_styles(latents, play.conditions, play.training)
        noise = self.draw_noise(ops.shape(latents)[0])
        return synthesize(layer, styles, noise, level)

    def draw_noise(self, count: Any) -> list[Any]:
        """Returns a list of noise from N(0, 1) for the layers so far.

        Args:
            count: Number of images.
        """
        return [
            keras.random.normal((count, *shape), seed=self.seed_generator)
            for shape in self.noise_shapes[: 2 * self.stage + 2]
        ]

    def draw_styles(
        self, latents: Any, conditions: tuple[Any, ...], training: bool
    ) -> Any:
        """Maps latents to styles, in training with style mixing.

        Section 3.1 of the paper: for most images, a second latent gives the
        styles from a random layer on.

        Args:
            latents: `(batch, latent_dim)`.
            conditions: Tuple of the classes as one-hot vectors `(batch,
                num_classes)`, of a model with classes; else empty.
            training: Whether it is a training step.

        Returns:
            Styles `(batch, layers, latent_dim)` for the layers so far.
        """
        layers = 2 * self.stage + 2
        if not (training and self.style_mixing):
            w = self.mapping(
                with_conditions(latents, conditions), training=training
            )
            return ops.repeat(w[:, None], layers, axis=1)
        count, seed = ops.shape(latents)[0], self.seed_generator
        both = ops.concatenate([latents, self.sample_latents(count)])
        twice = [ops.concatenate([x, x]) for x in conditions]
        both = self.mapping(with_conditions(both, twice), training=True)
        w, others = ops.split(both[:, None], 2)
        one_each = (count, 1, 1)
        crossover = keras.random.randint(one_each, 1, layers, seed=seed)
        mixed = keras.random.uniform(one_each, seed=seed) < self.style_mixing
        beyond = ops.arange(layers)[None, :, None] >= crossover
        return ops.where(ops.logical_and(mixed, beyond), others, w)

    def judge(self, images: Any, play: Round) -> dict[str, Any]:
        """Returns the logits of images of the stage's size."""
        layer, level = self.discriminator.get_layer, self.growth(images)
        logits = discriminate(layer, images, level, *play.conditions)
        return {"logits": logits}

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        sizes = dataclasses.asdict(self.architecture)
        return {
            **super().get_config(),
            **sizes,
            "style_mixing": self.style_mixing,
            "grow": self.grow,
            "first_resolution": self.first_resolution,
            "fade_images": self.growth.fade_images,
            "stable_images": self.growth.stable_images,
        }


def _check_resolution(name, value, smallest, largest):
    """Returns a power of two, or raises a ValueError."""
    sizes = [2**i for i in range(2, 11) if smallest <= 2**i <= largest]
    if value not in sizes:
        raise ValueError(
            f"Argument `{name}` must be one of {sizes}. "
            f"Received: {name}={value!r}"
        )
    return int(value)
