"""WGAN-GP: Gulrajani et al. 2017, arXiv:1704.00028."""

import dataclasses
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from zoo.engine.adam import adam
from zoo.engine.learning_rates import LinearDecay, with_rate
from zoo.layers import Clip
from zoo.models.gan.classifier import AuxiliaryClassifier
from zoo.models.gan.conditions import told
from zoo.models.gan.game import AdversarialGame
from zoo.models.gan.latents import normal_latents
from zoo.models.gan.layout import Layout
from zoo.models.gan.networks import build_generator, build_opponent
from zoo.models.gan.residual_networks import (
    build_residual_critic,
    build_residual_generator,
)
from zoo.models.gan.tricks import (
    AccuracyGate,
    GradientPenalty,
    ModeSeeking,
    TopK,
)
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class WGANGP(AdversarialGame):
    """Wasserstein GAN with gradient penalty.

    `critic`, without batch normalization, estimates the Wasserstein distance
    of real and generated images, and is held near slope 1 by a penalty on its
    gradients between them; it is updated `critic_steps` times for each update
    of `generator`. The logs hold the estimate, `wasserstein_distance`, apart
    from the penalty.

    With `num_classes` it is the paper's supervised model: the generator is
    told a class, which a second head of the critic has to find, as in AC-GAN.

    Deviations from the paper and its code: all critic steps of a round see the
    same real images, each with other latents; the generator's update reuses
    the last ones, where the code draws twice as many; the class is joined to
    the latents, not to batch normalization; images are not dequantized by
    noise of a grey level; DCGAN's networks begin with N(0, 0.02), as DCGAN's
    paper has it, and not with uniform weights; batch normalization's moving
    variance is the biased one.

    Args:
        image_shape: `(size, size, channels)`; the size a power of two from 16
            to 256, one to four channels.
        latent_dim: Length of a latent vector, 128 as in the paper's code.
        filters: Of the narrowest layer of DCGAN's networks, or of all layers
            of the residual ones (128 in the paper).
        architecture: `"dcgan"`, or `"resnet"` for the paper's of CIFAR-10,
            which take none of the arguments from `batch_norm` to
            `instance_noise_steps`.
        critic_steps: Updates of the critic for each of the generator.
        penalty_weight: Lambda, 10 in the paper.
        clip: Instead of the penalty, the bound of all weights of the critic
            (the first WGAN, where it is 0.01); `None` for the penalty.
        num_classes: Number of classes, or `None`, without labels.
        classifier_weight: Factor of the class's cross-entropy on real images
            in the critic's loss; a tenth of it on generated ones in the
            generator's, both as in the paper's code. With 0 the critic is
            given the class, and judges the pair.
        batch_norm: How to normalize: `"generator"`, as in the paper, only in
            that network; `True` both by batch statistics; `False` not at all,
            convolutions then have biases; `"reference"` or `"virtual"` by a
            fixed reference batch (Salimans et al. 2016, section 3.4).
        spectral_norm: Whether the critic's kernels are divided by their
            largest singular value (Miyato et al. 2018).
        minibatch: What the critic is told of the whole batch: `"stddev"`
            (Karras et al. 2018), `"discrimination"` (Salimans et al. 2016) or
            `None`.
        instance_noise: Standard deviation of noise on what the critic sees in
            training (Sønderby et al. 2017), 0 for none.
        instance_noise_steps: Training steps in which that noise falls to 0;
            `None` for noise that stays.
        accuracy_gate: The critic is updated only if its accuracy on the last
            batch was not higher, in [0, 1); `None` for no gate.
        mode_seeking_weight: Factor of the mode-seeking term (Mao et al.
            2019), 0 for none.
        top_k: Share of a batch, in (0, 1], whose images the generator learns
            from, those that most look real to the critic (Sinha et al.
            2020); 1 for all.
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from latents `(latent_dim,)`, with classes from a
            list of them and one-hot vectors `(num_classes,)`, to images
            `image_shape`, float32. With both given, images may have any size.
        critic: One's own, from images to values `(1,)`, float32. With
            `num_classes` its output is a dict of these, `"logits"`, and
            `"classes"` `(num_classes,)`; with a `classifier_weight` of 0 it
            takes a list of images and classes instead.
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

    Data: batches of float32 images `(batch, size, size, channels)` in
    [-1, 1], alone or as `(images, labels)`, whose integer labels `(batch,)`
    in [0, num_classes) are needed with `num_classes`, and else not used.

    Example:
    ```python
    images = pipelines.images("fashion_mnist_10k", 32, batch_size=64)
    model = zoo.WGANGP(image_shape=(32, 32, 1), filters=16)
    model.compile()
    model.fit(images, epochs=10)
    samples = model.generate(16, seed=0)  # (16, 32, 32, 1) in [-1, 1]
    ```
    """

    opponent_name = "critic"
    players = {"critic": ("critic",), "generator": ("generator",)}
    measure_names = ("wasserstein_distance",)

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (64, 64, 3),
        latent_dim: int = 128,
        filters: int = 64,
        architecture: str = "dcgan",
        critic_steps: int = 5,
        penalty_weight: float | None = 10.0,
        clip: float | None = None,
        num_classes: int | None = None,
        classifier_weight: float = 1.0,
        *,
        batch_norm: bool | str = "generator",
        spectral_norm: bool = False,
        minibatch: str | None = None,
        instance_noise: float = 0.0,
        instance_noise_steps: int | None = None,
        accuracy_gate: float | None = None,
        mode_seeking_weight: float = 0.0,
        top_k: float = 1.0,
        generator: keras.Model | None = None,
        critic: keras.Model | None = None,
        ema_decay: float | None = None,
        temperature: float = 1.0,
        name: str | None = None,
        dtype: Any = None,
    ):
        classifier = AuxiliaryClassifier(
            num_classes,
            classifier_weight,
            generator_share=0.1,
            of_generated=False,
        )
        super().__init__(
            loss="wasserstein",
            tricks=[
                GradientPenalty(None if clip else "wgan_gp", penalty_weight),
                AccuracyGate(accuracy_gate),
                ModeSeeking(mode_seeking_weight),
                TopK(top_k),
                classifier,
            ],
            discriminator_steps=checks.positive_integer(
                "critic_steps", critic_steps
            ),
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
        self.classifier = classifier
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.architecture = checks.one_of(
            "architecture", architecture, ("dcgan", "resnet")
        )
        if self.architecture == "resnet":
            self._warn_of_unused(Layout(image_shape, filters, "generator"))
        self.temperature = checks.not_negative("temperature", temperature)
        self._set_networks(generator, critic)
        self.clip = clip
        if clip is not None:
            self._clip_weights(checks.not_negative("clip", clip))
        self.start_game()

    def _set_networks(self, generator: Any, critic: Any) -> None:
        classes = self.num_classes or 0
        seen, heads = self.classifier.told, self.classifier.heads
        layout, dim = self.layout, self.latent_dim
        shape, filters = self.image_shape, layout.filters

        def generator_of_arguments():
            if self.architecture == "dcgan":
                return build_generator(layout, dim, classes)
            layout.check_size()
            return build_residual_generator(shape, dim, filters, classes)

        def critic_of_arguments():
            if self.architecture == "dcgan":
                return build_opponent(layout, "critic", seen, heads)
            layout.check_size()
            return build_residual_critic(shape, filters, seen, heads)

        self.generator = self.generator_of(
            generator, generator_of_arguments, dim, told(classes)
        )
        self.critic = self.opponent_of(
            critic, critic_of_arguments, told(seen), heads
        )

    def _warn_of_unused(self, usual: Layout) -> None:
        """Warns of arguments that change DCGAN's networks alone."""
        ours, theirs = map(dataclasses.asdict, (self.layout, usual))
        unused = [f"{k}={v!r}" for k, v in ours.items() if v != theirs[k]]
        if unused:
            warnings.warn(
                'architecture="resnet" has the networks of the paper, which '
                f"these arguments do not change: {', '.join(unused)}.",
                stacklevel=3,
            )

    def _clip_weights(self, clip: float) -> None:
        """Bounds all weights of the critic: Arjovsky et al. 2017."""
        for variable in self.critic.trainable_variables:
            variable.constraint = Clip(clip)
            variable.assign(variable.constraint(variable))

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's: Adam at 1e-4, betas 0 and 0.9; 2e-4 with residuals."""
        rate = 2e-4 if self.architecture == "resnet" else 1e-4
        return {
            player: adam(rate, beta_1=0.0, beta_2=0.9, name=player)
            for player in self.players
        }

    def paper_optimizers(
        self, updates: Mapping[str, int]
    ) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's; with residuals at a rate that falls to 0 on a line.

        Args:
            updates: Updates of each player in the whole training.

        Returns:
            Dict of player to optimizer.
        """
        found = self.default_optimizers()
        if self.architecture != "resnet":
            return found
        return {
            player: with_rate(usual, LinearDecay(2e-4, 0, updates[player]))
            for player, usual in found.items()
        }

    def measures(self, terms: dict[str, Any]) -> dict[str, Any]:
        """Adds the critic's estimate, `E[D(x)] - E[D(G(z))]`."""
        estimate = -(terms["critic_real_loss"] + terms["critic_fake_loss"])
        return super().measures(terms) | {"wasserstein_distance": estimate}

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        labels: Any = None,
        temperature: float | None = None,
        latents: Any = None,
    ) -> np.ndarray:
        """Draws images.

        Args:
            count: Number of images; by default that of `latents`.
            seed: Integer that fixes the latents, the same on every backend;
                with another label they give another class. `None` draws new
                ones each time.
            batch_size: Images per forward pass.
            labels: Integers `(count,)` in [0, num_classes) or names of
                `class_names`, or one of these for all; by default all classes
                in turn. Only with `num_classes`.
            temperature: Standard deviation of the normal latents, not
                negative; by default the model's `temperature`.
            latents: Latents to use in place of drawn ones, such as `latents`
                of the model draws, `(count, latent_dim)`.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, the temperature is
                negative, labels are out of range, not integers, not `count`,
                or for a model without, latents of another shape or number, or
                a seed or temperature beside them.
        """
        return self._draw(
            count,
            seed,
            batch_size,
            labels,
            latents,
            temperature=temperature,
        )

    def _latents(
        self,
        count: int,
        random: np.random.Generator,
        temperature: float | None = None,
    ) -> np.ndarray:
        if temperature is None:
            temperature = self.temperature
        return normal_latents(random, count, self.latent_dim, temperature)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        config = super().get_config()
        config["critic_steps"] = config.pop("discriminator_steps")
        del config["loss"], config["penalty"]
        return {
            **config,
            **dataclasses.asdict(self.layout),
            "latent_dim": self.latent_dim,
            "architecture": self.architecture,
            "clip": self.clip,
            "num_classes": self.num_classes,
            "temperature": self.temperature,
        }
