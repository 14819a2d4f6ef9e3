"""DCGAN: Radford, Metz, Chintala 2015, arXiv:1511.06434."""

import dataclasses
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.engine.adam import adam
from zoo.losses import AdversarialLoss, Penalty
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

CLUSTER_DISTANCE = 3.0
"""Length of the vectors that tell clusters of latents apart."""


@keras.saving.register_keras_serializable(package="zoo")
class DCGAN(AdversarialGame):
    """Deep convolutional GAN.

    `generator` maps latents to images through strided transposed
    convolutions, `discriminator` maps images to logits through strided
    convolutions. Both as in PyTorch's reference layout of the paper: kernels
    of 4, no biases before batch normalization, weights drawn from N(0, 0.02).

    Deviations from the paper, each as in that reference: latents are normal,
    not uniform; kernels are 4, not 5, wide; the generator's update reuses the
    images that the discriminator has just been shown, instead of drawing new
    latents, which saves a forward pass. And from the reference: moving
    variances are the biased ones (`zoo.layers.BatchNormalization`).

    Args:
        image_shape: `(size, size, channels)`; the size a power of two from 16
            to 256, one to four channels.
        latent_dim: Length of a latent vector.
        clusters: Clusters of the latent space, 0 for none, as in the paper. A
            vector that names one, all equally often, is joined to the normal
            numbers (as in ClusterGAN, Mukherjee et al. 2019, but without its
            encoder): images of different kinds then need not blend into one
            another.
        filters: Filters of the widest (image side) convolution; they double
            with each halving of the size, up to 8 times `filters`.
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
            2020); 1 for all. Images between two kinds are then left alone.
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from latents `(latent_dim + clusters,)` to images
            `image_shape`, float32. With both given, images may have any size.
        discriminator: One's own, from images to logits `(1,)`, float32.
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

    Two time-scale learning rates (Heusel et al. 2017) are `compile`'s
    `generator_optimizer` and `discriminator_optimizer`.

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

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (64, 64, 3),
        latent_dim: int = 100,
        filters: int = 64,
        clusters: int = 0,
        *,
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
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.clusters = clusters and checks.positive_integer(
            "clusters", clusters
        )
        self.temperature = checks.not_negative("temperature", temperature)
        dim = self.latent_dim + self.clusters
        self.generator = self.generator_of(
            generator, lambda: build_generator(self.layout, dim), dim
        )
        self.discriminator = self.opponent_of(
            discriminator,
            lambda: build_opponent(
                self.layout,
                "discriminator",
                energy=self.adversarial_loss.energy,
            ),
        )
        self.start_game()

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Adam at 2e-4 with beta1 0.5 for both, as in section 4."""
        return {
            player: adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    def sample_latents(self, count: Any) -> Any:
        """Returns latents from N(0, 1), then the vectors of their clusters.

        Args:
            count: Number of them.

        Returns:
            `(count, latent_dim + clusters)`.
        """
        latents = super().sample_latents(count)
        if not self.clusters:
            return latents
        drawn = keras.random.randint(
            (count,), 0, self.clusters, seed=self.seed_generator
        )
        vectors = ops.one_hot(drawn, self.clusters, dtype=latents.dtype)
        return ops.concatenate([latents, CLUSTER_DISTANCE * vectors], axis=-1)

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        temperature: float | None = None,
        latents: Any = None,
    ) -> np.ndarray:
        """Draws images.

        Args:
            count: Number of images; by default that of `latents`.
            seed: Integer that fixes the latents, the same on every backend;
                `None` draws new ones each time.
            batch_size: Images per forward pass.
            temperature: Standard deviation of the normal latents, not
                negative; by default the model's `temperature`.
            latents: Latents to use in place of drawn ones, such as `latents`
                of the model draws, `(count, latent_dim + clusters)`.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, the temperature is
                negative, latents of another shape or number, or a seed or
                temperature beside them.
        """
        return self._draw(
            count, seed, batch_size, latents=latents, temperature=temperature
        )

    def _latents(
        self,
        count: int,
        random: np.random.Generator,
        temperature: float | None = None,
    ) -> np.ndarray:
        if temperature is None:
            temperature = self.temperature
        latents = normal_latents(random, count, self.latent_dim, temperature)
        if not self.clusters:
            return latents
        vectors = np.eye(self.clusters, dtype="float32")
        # A stream of its own: the first images stay the same for any count.
        (stream,) = random.spawn(1)
        drawn = vectors[stream.integers(self.clusters, size=count)]
        return np.concatenate([latents, CLUSTER_DISTANCE * drawn], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            **dataclasses.asdict(self.layout),
            "latent_dim": self.latent_dim,
            "clusters": self.clusters,
            "temperature": self.temperature,
        }
