"""Conditional GAN: Mirza, Osindero 2014, arXiv:1411.1784."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.engine.adam import adam
from zoo.losses import AdversarialLoss, Penalty
from zoo.models.gan.classifier import AuxiliaryClassifier
from zoo.models.gan.codes import Codes
from zoo.models.gan.conditions import told
from zoo.models.gan.game import AdversarialGame
from zoo.models.gan.latents import normal_latents
from zoo.models.gan.layout import Layout
from zoo.models.gan.networks import build_generator, build_opponent
from zoo.models.gan.tricks import (
    AccuracyGate,
    GradientPenalty,
    LabelSmoothing,
    ModeSeeking,
    TopK,
)
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class ConditionalGAN(AdversarialGame):
    """GAN whose images are of the class that is asked for.

    The class, as a one-hot vector, is joined to the generator's latents; the
    discriminator is given it with the image, as constant channels, and judges
    the pair. The networks are DCGAN's, where the paper has dense ones.

    With `classifier_weight` the discriminator is not told the class but has
    to find it, as in AC-GAN (Odena et al. 2017). With codes, a head of the
    discriminator has to find these in generated images, as in InfoGAN (Chen
    et al. 2016); they are further latents, which then mean something.

    Args:
        image_shape: `(size, size, channels)`; the size a power of two from 16
            to 256, one to four channels.
        num_classes: Number of classes.
        latent_dim: Length of a latent vector.
        filters: Filters of the widest (image side) convolution; they double
            with each halving of the size, up to 8 times `filters`.
        classifier_weight: Factor of the auxiliary classifier's cross-entropy
            in both players' losses; 0 for a discriminator that judges pairs.
        continuous_codes: Number of continuous codes in [-1, 1].
        categorical_codes: Number of values of each categorical code, a tuple.
        code_weight: Factor of the mutual-information term.
        batch_norm: How to normalize: `True` by batch statistics; `False` not
            at all, convolutions then have biases; `"generator"` only in that
            network; `"reference"` or `"virtual"` by a fixed reference batch
            (Salimans et al. 2016, section 3.4).
        spectral_norm: Whether the discriminator's kernels are divided by
            their largest singular value (Miyato et al. 2018).
        minibatch: What the discriminator is told of the whole batch:
            `"stddev"` (Karras et al. 2018), `"discrimination"` (Salimans et
            al. 2016) or `None`.
        instance_noise: Standard deviation of noise on what the discriminator
            sees in training (Sønderby et al. 2017), 0 for none.
        instance_noise_steps: Training steps in which that noise falls to 0;
            `None` for noise that stays.
        loss: A name of `zoo.losses` (`"non_saturating"`, as in the paper,
            `"minimax"`, `"maximum_likelihood"`, `"least_squares"`,
            `"wasserstein"`, `"hinge"`, `"energy"`, whose discriminator is an
            auto-encoder) or a `zoo.losses.AdversarialLoss`.
        penalty: `"wgan_gp"`, `"dragan"`, `"r1"`, `"r2"`, a
            `zoo.losses.Penalty` or `None`, as in the paper. It asks for a
            discriminator without batch statistics.
        penalty_weight: Factor of the penalty; `None` for its paper's.
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
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from a list of latents and codes, `(latent_dim +
            codes,)`, and classes `(num_classes,)`, one-hot, to images
            `image_shape`, float32. With both given, images may have any size.
        discriminator: One's own, from a list of images and such classes to
            logits `(1,)`, float32. With `classifier_weight` it is not given
            the class; with it or codes its output is a dict of `"logits"` and
            what is asked for: `"classes"`, and the codes' by their names.
        ema_decay: Decay of the average of the generator's weights that
            `generate` then uses, or `None`, as in the paper.
        temperature: Standard deviation of the normal latents that `generate`
            draws; in training it is 1. Below 1 images are more typical and
            less diverse (Kingma and Dhariwal 2018, section 6, by that name;
            Brock et al. 2019, section 3.1, of GANs).
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of `(images, labels)`, float32 images `(batch, size, size,
    channels)` in [-1, 1] and integer labels `(batch,)` in [0, num_classes),
    such as `pipelines.labelled_images` makes.

    Example:
    ```python
    data = pipelines.labelled_images("fashion_mnist_10k", 32, batch_size=64)
    model = zoo.ConditionalGAN((32, 32, 1), num_classes=10, filters=16)
    model.compile()
    model.fit(data, epochs=10)
    boots = model.generate(4, labels=[9, 9, 9, 9], seed=0)
    bags = model.generate(4, labels=[8, 8, 8, 8], seed=0)  # Same latents.
    ```
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (64, 64, 3),
        num_classes: int = 10,
        latent_dim: int = 100,
        filters: int = 64,
        *,
        classifier_weight: float = 0.0,
        continuous_codes: int = 0,
        categorical_codes: Sequence[int] = (),
        code_weight: float = 1.0,
        batch_norm: bool | str = True,
        spectral_norm: bool = False,
        minibatch: str | None = None,
        instance_noise: float = 0.0,
        instance_noise_steps: int | None = None,
        loss: str | AdversarialLoss = "non_saturating",
        penalty: str | Penalty | None = None,
        penalty_weight: float | None = None,
        label_smoothing: float = 0.0,
        discriminator_steps: int = 1,
        accuracy_gate: float | None = None,
        mode_seeking_weight: float = 0.0,
        top_k: float = 1.0,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        ema_decay: float | None = None,
        temperature: float = 1.0,
        name: str | None = None,
        dtype: Any = None,
    ):
        checks.positive_integer("num_classes", num_classes)
        classifier = AuxiliaryClassifier(num_classes, classifier_weight)
        codes = Codes(continuous_codes, categorical_codes, code_weight)
        super().__init__(
            loss=loss,
            tricks=[
                LabelSmoothing(label_smoothing),
                GradientPenalty(penalty, penalty_weight),
                AccuracyGate(accuracy_gate),
                ModeSeeking(mode_seeking_weight),
                TopK(top_k),
                classifier,
                codes,
            ],
            discriminator_steps=discriminator_steps,
            num_classes=num_classes,
            ema_decay=ema_decay,
            name=name,
            dtype=dtype,
        )
        self.layout = Layout(
            image_shape,
            filters,
            batch_norm,
            spectral_norm,
            minibatch,
            instance_noise,
            instance_noise_steps,
        )
        self.image_shape = self.layout.image_shape
        self.filters = self.layout.filters
        self.classifier, self.codes = classifier, codes
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.temperature = checks.not_negative("temperature", temperature)
        self._set_networks(generator, discriminator)
        self.start_game()

    def _set_networks(self, generator: Any, discriminator: Any) -> None:
        heads = self.classifier.heads | self.codes.heads
        energy = self.adversarial_loss.energy
        if heads and energy:
            raise ValueError(
                "Arguments `classifier_weight`, `continuous_codes` and "
                "`categorical_codes` need a discriminator with heads, not an "
                f"auto-encoder. Received: loss={self.adversarial_loss.name!r}"
            )
        classes, seen = self.num_classes or 0, self.classifier.told
        dim = self.latent_dim + self.codes.dim
        self.generator = self.generator_of(
            generator,
            lambda: build_generator(self.layout, dim, classes),
            dim,
            told(classes),
        )
        self.discriminator = self.opponent_of(
            discriminator,
            lambda: build_opponent(
                self.layout, "discriminator", seen, heads, energy
            ),
            told(seen),
            heads,
        )

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Adam at 2e-4 with beta1 0.5 for both, as in DCGAN's section 4."""
        return {
            player: adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    def sample_latents(self, count: Any) -> Any:
        """Returns latents from N(0, 1), then codes.

        Args:
            count: Number of them.

        Returns:
            `(count, latent_dim + continuous_codes + sum(categorical_codes))`.
        """
        latents = super().sample_latents(count)
        codes = self.codes.sample(count, self.seed_generator)
        return ops.concatenate([latents, *codes], axis=-1)

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        labels: Any = None,
        codes: Any = None,
        temperature: float | None = None,
        latents: Any = None,
    ) -> np.ndarray:
        """Draws images of the classes that are asked for.

        Args:
            count: Number of images; by default that of `latents`.
            seed: Integer that fixes the latents, the same on every backend;
                with another label they give another class. `None` draws new
                ones each time.
            batch_size: Images per forward pass.
            labels: Integers `(count,)` in [0, num_classes) or names of
                `class_names`, or one of these for all; by default all classes
                in turn.
            codes: float32 `(count, continuous_codes +
                sum(categorical_codes))`, categorical ones as one-hot vectors;
                by default random.
            temperature: Standard deviation of the normal latents, not
                negative; by default the model's `temperature`. Codes stay as
                they are.
            latents: Latents with their codes to use in place of drawn ones,
                such as `latents` of the model draws, `(count, latent_dim +
                continuous_codes + sum(categorical_codes))`.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, the temperature is
                negative, labels are out of range, not integers or not
                `count`, codes of another shape, latents of another shape or
                number, or a seed, codes or temperature beside them.
        """
        return self._draw(
            count,
            seed,
            batch_size,
            labels,
            latents,
            codes=codes,
            temperature=temperature,
        )

    def _latents(
        self,
        count: int,
        random: np.random.Generator,
        codes: Any = None,
        temperature: float | None = None,
    ) -> np.ndarray:
        if temperature is None:
            temperature = self.temperature
        latents = normal_latents(random, count, self.latent_dim, temperature)
        codes = self.codes.draw(codes, count, random)
        return np.concatenate([latents, codes], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            **dataclasses.asdict(self.layout),
            "latent_dim": self.latent_dim,
            "temperature": self.temperature,
        }
