"""3D-GAN: Wu, Zhang, Xue, Freeman, Tenenbaum 2016, arXiv:1610.07584."""

from typing import Any

import keras
import numpy as np

from zoo.engine import batches
from zoo.engine.adam import adam
from zoo.losses import AdversarialLoss, Penalty
from zoo.models.gan.game import AdversarialGame
from zoo.models.gan.tricks import (
    AccuracyGate,
    GradientPenalty,
    LabelSmoothing,
    ModeSeeking,
    TopK,
)
from zoo.models.gan3d.networks import build_discriminator, build_generator
from zoo.models.gan3d.rendering import render_voxels
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class GAN3D(AdversarialGame):
    """GAN of shapes, as grids of voxels.

    `generator` maps latents from U(0, 1) to the probability that a voxel is
    occupied, `discriminator` maps voxels to logits; they mirror each other,
    with kernels 4 wide and without biases. The discriminator, which learns
    faster in three dimensions, is updated only if its accuracy on the last
    batch was not higher than 80 %.

    Voxels are float32 **in [0, 1]**, 0 empty and 1 occupied, unlike the
    images of other models, which are in [-1, 1]: as in the paper, the
    generator ends in a sigmoid. Axes are x, y and z, and z is up.

    Deviations from the paper: the generator maximizes log D(G(z)) instead of
    minimizing log(1 - D(G(z))), which stops where the discriminator wins
    (Goodfellow et al. 2014, section 3); its update reuses the latents that
    the discriminator has just been shown; weights are drawn from N(0, 0.02),
    of which the paper says nothing; moving variances are the biased ones
    (`zoo.layers.BatchNormalization`), where Torch's are not.

    Args:
        resolution: Voxels along each side: 64 as in the paper, or 8, 16, 32
            or 128.
        latent_dim: Length of a latent vector.
        filters: Filters of the widest layer (voxel side); they double with
            each halving of the resolution.
        batch_norm: `True` for both networks, as in the paper, or
            `"generator"`, for which penalties ask.
        prior: Where latents are from: `"uniform"` for U(0, 1), as in the
            paper, or `"normal"` for N(0, 1), whose mean tells the generator
            nothing.
        minibatch: `"stddev"` for a discriminator that is told how much the
            shapes of a batch differ (Karras et al. 2018), against collapse;
            `None`, as in the paper, for one that is not.
        accuracy_gate: The discriminator is updated only if its accuracy on
            the last batch was not higher, in [0, 1); `None` for no gate.
        loss: A name of `zoo.losses` for logits, such as `"non_saturating"`
            (the default), `"least_squares"` or `"wasserstein"`, or a
            `zoo.losses.AdversarialLoss`.
        penalty: `"wgan_gp"`, `"dragan"`, `"r1"`, `"r2"`, a
            `zoo.losses.Penalty` or `None`, as in the paper. It asks for a
            discriminator without batch statistics.
        penalty_weight: Factor of the penalty; `None` for its paper's.
        label_smoothing: What is taken off the discriminator's target for real
            shapes, in [0, 1); 0 in the paper.
        discriminator_steps: Updates of the discriminator for each of the
            generator.
        mode_seeking_weight: Factor of the mode-seeking term (Mao et al.
            2019), 0 for none.
        top_k: Share of a batch, in (0, 1], whose shapes the generator learns
            from, those that most look real to the discriminator (Sinha et al.
            2020); 1 for all.
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from latents `(latent_dim,)` to voxels `(resolution,
            resolution, resolution, 1)`, float32 in [0, 1].
        discriminator: One's own, from voxels to logits `(1,)`, float32.
        ema_decay: Decay of the average of the generator's weights that
            `generate` then uses, or `None`, as in the paper.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of float32 voxels `(batch, resolution, resolution,
    resolution, 1)` in [0, 1], such as `pipelines.voxels` makes.

    Example:
    ```python
    shapes = pipelines.voxels("furniture", 32, batch_size=32, mirror=True)
    model = zoo.GAN3D(resolution=32, filters=16)
    model.compile()
    model.fit(shapes, epochs=10)
    shapes = model.generate(16, seed=0, threshold=0.5)  # (16, 32, 32, 32, 1)
    ```
    """

    image_range = (0, 1)
    makes = {"generator": "voxels"}
    usage = "voxels = model.generate(16, seed=0)"

    def __init__(
        self,
        resolution: int = 64,
        latent_dim: int = 200,
        filters: int = 64,
        *,
        batch_norm: bool | str = True,
        prior: str = "uniform",
        minibatch: str | None = None,
        accuracy_gate: float | None = 0.8,
        loss: str | AdversarialLoss = "non_saturating",
        penalty: str | Penalty | None = None,
        penalty_weight: float | None = None,
        label_smoothing: float = 0.0,
        discriminator_steps: int = 1,
        mode_seeking_weight: float = 0.0,
        top_k: float = 1.0,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        ema_decay: float | None = None,
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
        checks.one_of("resolution", resolution, (8, 16, 32, 64, 128))
        if batch_norm is not True and batch_norm != "generator":
            raise ValueError(
                "Argument `batch_norm` must be True or 'generator'. "
                f"Received: batch_norm={batch_norm!r}"
            )
        checks.one_of("prior", prior, ("uniform", "normal"))
        checks.one_of("minibatch", minibatch, (None, "stddev"))
        self.resolution = int(resolution)
        self.image_shape = (self.resolution,) * 3 + (1,)
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.filters = checks.positive_integer("filters", filters)
        self.batch_norm = batch_norm
        self.prior = prior
        self.minibatch = minibatch
        self.generator = self.generator_of(
            generator,
            lambda: build_generator(
                self.resolution, self.latent_dim, self.filters
            ),
            self.latent_dim,
        )
        self.discriminator = self.opponent_of(
            discriminator,
            lambda: build_discriminator(
                self.resolution,
                self.filters,
                batch_norm is True,
                minibatch == "stddev",
            ),
        )
        self.start_game()

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's, section 3.1: Adam, beta1 0.5, at 2.5e-3 and 1e-5."""
        rates = {"generator": 2.5e-3, "discriminator": 1e-5}
        return {
            player: adam(rates[player], 0.5, name=player)
            for player in self.players
        }

    def sample_latents(self, count: Any) -> Any:
        """Returns latents of the prior, shape `(count, latent_dim)`."""
        if self.prior == "normal":
            return super().sample_latents(count)
        return keras.random.uniform(
            (count, self.latent_dim), seed=self.seed_generator
        )

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        threshold: float | None = None,
        latents: Any = None,
    ) -> np.ndarray:
        """Draws shapes.

        Args:
            count: Number of shapes; by default that of `latents`.
            seed: Integer that fixes the latents, the same on every backend;
                `None` draws new ones each time.
            batch_size: Shapes per forward pass.
            threshold: Probability above which a voxel is occupied, in [0, 1);
                `None` for the probabilities.
            latents: Latents to use in place of drawn ones, such as `latents`
                of the model draws, `(count, latent_dim)`.

        Returns:
            float32 array `(count, resolution, resolution, resolution, 1)`:
            probabilities in [0, 1], or occupancies, 0 and 1.

        Raises:
            ValueError: `count` is not a positive integer, a threshold out of
                its range, latents of another shape or number, or a seed beside
                them.
        """
        if threshold is not None:
            checks.fraction("threshold", threshold)
        voxels = self._draw(count, seed, batch_size, latents=latents)
        if threshold is None:
            return voxels
        return (voxels > threshold).astype("float32")

    def _latents(self, count: int, random: np.random.Generator) -> np.ndarray:
        if self.prior == "normal":
            return super()._latents(count, random)
        return random.random((count, self.latent_dim), "float32")

    def pictures(
        self,
        count: int,
        seed: int | None = None,
        inputs: Any = None,
        size: int = 96,
        threshold: float = 0.5,
        latents: Any = None,
        **arguments: Any,
    ) -> np.ndarray:
        """Renders shapes, for grids of samples.

        Args:
            count: Number of pictures.
            seed: Integer that fixes the latents, or `None`.
            inputs: Voxels to render in place of generated ones, or `None`.
            size: Height and width, in pixels.
            threshold: Probability above which a voxel is shown.
            latents: Latents of `generate` in place of a seed, or `None`.
            **arguments: Further arguments of
                `zoo.models.gan3d.rendering.render_voxels`.

        Returns:
            float32 array `(count, size, size, 3)` in [-1, 1].

        Raises:
            ValueError: As `generate`.
        """
        voxels = inputs
        if voxels is None:
            voxels = self.generate(count, seed, latents=latents)
        return render_voxels(voxels[:count], size, threshold, **arguments)

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for voxels that can't be trained on."""
        voxels, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_voxels(voxels, self.image_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "resolution": self.resolution,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "batch_norm": self.batch_norm,
            "prior": self.prior,
            "minibatch": self.minibatch,
        }
