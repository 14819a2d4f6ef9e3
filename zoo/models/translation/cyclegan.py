"""CycleGAN: Zhu, Park, Isola, Efros 2017, arXiv:1703.10593."""

import functools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo import backend, losses
from zoo.engine import batches, networks
from zoo.engine.adam import adam
from zoo.engine.generative_model import GenerativeModel
from zoo.engine.learning_rates import LinearDecay, with_rate
from zoo.models.translation import two_sets
from zoo.models.translation.any_size import AnySize
from zoo.models.translation.image_pool import ImagePool
from zoo.models.translation.patch_gan import build_patch_gan
from zoo.models.translation.resnet_generator import build_resnet_generator
from zoo.utils import checks
from zoo.utils.grids import beside

_GENERATORS = {"a_to_b": "generator_ab", "b_to_a": "generator_ba"}
"""Directions of a translation, and the attributes of the networks."""

_REVERSE = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}


@keras.saving.register_keras_serializable(package="zoo")
class CycleGAN(GenerativeModel):
    """Translation between two domains of images, learned without pairs.

    `generator_ab` (the paper's G) maps images of domain A to B and
    `generator_ba` (F) back; `discriminator_b` (D_Y) judges images of B and
    `discriminator_a` (D_X) of A. Each translation there and back has to give
    the image again.

    What the paper leaves open is as in the authors' PyTorch code: both
    generators are one player with one optimizer, as are both discriminators,
    and the generators' update comes first. The discriminators are then shown
    the translations that it was made with, through a pool of past ones.

    Deviations from the paper: without arguments, `compile` keeps its rate
    for the whole training, since the number of steps isn't known: see
    `paper_optimizers` for the paper's. The identity loss, which
    the paper uses for some data alone, is on, as in that code. Both domains
    have images of one shape. A discriminator is shown real images before
    translations; with instance normalization the order changes nothing.

    Args:
        image_shape: `(size, size, channels)` of both domains; the size a
            power of two from 16 to 1024, one to four channels.
        filters: Filters of the first layers of all networks.
        blocks: Residual blocks of a generator; `None` for the paper's 6 for
            images under 256 pixels, and 9 from there.
        receptive_field: Side in pixels of the patches that discriminators
            judge: 16, 34, 70 (the paper's), 142 or 286.
        upsampling: `"transposed"` convolutions in the generators, as in the
            paper, or `"resize"`, repeated pixels and a convolution, which
            leave no chequerboard.
        cycle_weight: Lambda, the factor of the cycle-consistency losses: 10
            in the paper.
        identity_weight: Factor of the identity losses, times `cycle_weight`:
            0.5 in the paper (section 5.2), 0 for none.
        pool_size: Past translations that are kept of each domain: 50 in the
            paper. Like optimizer state they are in `.keras` files, not in
            presets.
        generator_ab: A network of one's own in place of the one that is
            built, a `keras.Model` from images of domain A to images of domain
            B, `image_shape`, float32 in [-1, 1]. With both generators given,
            images may have any size.
        generator_ba: One's own, from domain B to domain A.
        discriminator_a: One's own, from images of domain A to logits
            `(..., 1)`, float32.
        discriminator_b: One's own, of domain B.
        ema_decay: Decay of the average of the generators' weights that
            `translate` then uses, in [0, 1), or `None`, as in the paper.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of `(a, b)`, float32 images `(batch, size, size, channels)`
    in [-1, 1] of each domain, which need not belong together, such as
    `pipelines.unpaired_images` makes.

    Example:
    ```python
    data = pipelines.unpaired_images("horses", "zebras", 256, batch_size=1)
    model = zoo.CycleGAN((256, 256, 3))
    model.compile()
    model.fit(data, epochs=200)
    zebras = model.translate(horses, "a_to_b")  # As `horses`, in [-1, 1].
    ```
    """

    players = {
        "generator": ("generator_ab", "generator_ba"),
        "discriminator": ("discriminator_a", "discriminator_b"),
    }
    loss_names = (
        "generator_ab_loss",
        "generator_ba_loss",
        "cycle_a_loss",
        "cycle_b_loss",
        "identity_a_loss",
        "identity_b_loss",
        "discriminator_a_real_loss",
        "discriminator_a_fake_loss",
        "discriminator_b_real_loss",
        "discriminator_b_fake_loss",
    )
    adversarial_loss = losses.LEAST_SQUARES
    inference_networks = ("generator_ab", "generator_ba")
    makes = dict.fromkeys(inference_networks, "translated")
    usage = 'images = model.translate(images, "a_to_b")'
    plain_rows = 4

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (256, 256, 3),
        filters: int = 64,
        blocks: int | None = None,
        receptive_field: int = 70,
        upsampling: str = "transposed",
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        pool_size: int = 50,
        *,
        generator_ab: keras.Model | None = None,
        generator_ba: keras.Model | None = None,
        discriminator_a: keras.Model | None = None,
        discriminator_b: keras.Model | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(ema_decay=ema_decay, name=name, dtype=dtype)
        self.image_shape = checks.image_shape(image_shape)
        if generator_ab is None or generator_ba is None:
            checks.power_of_two_images(image_shape, smallest=16, largest=1024)
        self.filters = checks.positive_integer("filters", filters)
        if blocks is None:
            blocks = 6 if self.image_shape[0] < 256 else 9
        self.blocks = checks.positive_integer("blocks", blocks)
        self.receptive_field = receptive_field
        self.upsampling = upsampling
        self.cycle_weight = checks.not_negative("cycle_weight", cycle_weight)
        self.identity_weight = checks.not_negative(
            "identity_weight", identity_weight
        )
        self.pool_size = pool_size and checks.positive_integer(
            "pool_size", pool_size
        )
        self.generator_ab = self._generator("generator_ab", generator_ab)
        self.average("generator_ab")
        self.generator_ba = self._generator("generator_ba", generator_ba)
        self.average("generator_ba")
        self.discriminator_a = self._judge("discriminator_a", discriminator_a)
        self.discriminator_b = self._judge("discriminator_b", discriminator_b)
        self._any_size = AnySize(multiple=4, least=8)
        self.pool_a = ImagePool(pool_size, self.image_shape)
        self.pool_b = ImagePool(pool_size, self.image_shape)
        if not identity_weight:
            self.log_terms(x for x in self.loss_names if "identity" not in x)

    def _generator(self, name, given):
        build = functools.partial(
            build_resnet_generator,
            self.image_shape,
            self.filters,
            self.blocks,
            self.upsampling,
            name=name,
        )
        inputs = [networks.tensor(self.image_shape, "images")]
        return self.given_or_built(name, given, build, inputs, self.image_shape)

    def _judge(self, name, given):
        build = functools.partial(
            build_patch_gan,
            self.image_shape,
            filters=self.filters,
            receptive_field=self.receptive_field,
            normalization="instance",
            name=name,
        )
        inputs = [networks.tensor(self.image_shape, "images")]
        return self.given_or_built(name, given, build, inputs, (..., 1))

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's: Adam at 2e-4; its code's beta1 of 0.5."""
        return {
            player: adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    def paper_optimizers(
        self, updates: Mapping[str, int]
    ) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's, whose rate falls to 0 in the second half: section 4.

        Args:
            updates: Updates of each player in the whole training.

        Returns:
            Dict of player to optimizer.
        """
        halves = {k: (n // 2, n - n // 2) for k, n in updates.items()}
        return {
            player: with_rate(usual, LinearDecay(2e-4, *halves[player]))
            for player, usual in self.default_optimizers().items()
        }

    # The losses

    def generator_loss(
        self, a: Any, b: Any, made: dict[str, Any], training: bool
    ) -> dict[str, Any]:
        """What G and F minimize: equation 3 and the identity losses."""
        d_a = functools.partial(self.discriminator_a, training=training)
        d_b = functools.partial(self.discriminator_b, training=training)
        fools = self.adversarial_loss.generator
        return {
            # E[(D(G(a)) - 1)^2], section 4: D's loss alone is halved.
            "generator_ab_loss": 2 * fools(d_b(made["fake_b"])),
            "generator_ba_loss": 2 * fools(d_a(made["fake_a"])),
            **self._cycle_losses(a, b, made),
            **self._identity_losses(a, b, made),
        }

    def _cycle_losses(self, a, b, made):
        """`lambda E[|F(G(a)) - a|]` and `lambda E[|G(F(b)) - b|]`, equation 2.

        Norms are means over all values, as in the reference code.
        """
        weight = self.cycle_weight
        return {
            "cycle_a_loss": weight * losses.l1(made["cycled_a"], a),
            "cycle_b_loss": weight * losses.l1(made["cycled_b"], b),
        }

    def _identity_losses(self, a, b, made):
        """`w lambda E[|F(a) - a|]`, and of G and b likewise: section 5.2."""
        if not self.identity_weight:
            return {}
        weight = self.identity_weight * self.cycle_weight
        return {
            "identity_a_loss": weight * losses.l1(made["same_a"], a),
            "identity_b_loss": weight * losses.l1(made["same_b"], b),
        }

    def discriminator_loss(
        self, a: Any, b: Any, fake_a: Any, fake_b: Any, training: bool
    ) -> dict[str, Any]:
        """`E[(D(x) - 1)^2] / 2` and `E[D(fake)^2] / 2` of D_X and D_Y.

        Section 4: halved, so that D learns slower than G.
        """
        d_a = functools.partial(self.discriminator_a, training=training)
        d_b = functools.partial(self.discriminator_b, training=training)
        loss = self.adversarial_loss
        return {
            "discriminator_a_real_loss": loss.real(d_a(a)),
            "discriminator_a_fake_loss": loss.fake(d_a(fake_a)),
            "discriminator_b_real_loss": loss.real(d_b(b)),
            "discriminator_b_fake_loss": loss.fake(d_b(fake_b)),
        }

    # The step

    def translations(self, a: Any, b: Any, training: bool) -> dict[str, Any]:
        """Translates a batch of each domain, there and back.

        Args:
            a: Images of domain A.
            b: Images of domain B.
            training: Whether it is a training step.

        Returns:
            Dict of `fake_b` (G(a)), `fake_a` (F(b)), `cycled_a` (F(G(a))),
            `cycled_b` (G(F(b))) and, for the identity losses, `same_a` (F(a))
            and `same_b` (G(b)).
        """
        g = functools.partial(self.generator_ab, training=training)
        f = functools.partial(self.generator_ba, training=training)
        made = {}
        if self.identity_weight:
            made["fake_b"], made["same_b"] = _in_one_pass(g, a, b)
            made["fake_a"], made["same_a"] = _in_one_pass(f, b, a)
        else:
            made["fake_b"], made["fake_a"] = g(a), f(b)
        made["cycled_a"] = f(made["fake_b"])
        made["cycled_b"] = g(made["fake_a"])
        return made

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates both generators, then both discriminators, on one batch."""
        a, b = two_sets.unpack(data)
        made = self.record("generator", lambda: self.translations(a, b, True))
        generator = self.minimize(
            "generator",
            lambda made: self.generator_loss(a, b, made, True),
            through=made,
        )
        fake_a = self.pool_a.query(made.outputs["fake_a"])
        fake_b = self.pool_b.query(made.outputs["fake_b"])
        discriminator = self.minimize(
            "discriminator",
            lambda: self.discriminator_loss(a, b, fake_a, fake_b, True),
        )
        return self.log(**generator, **discriminator)

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the losses of new translations, and changes nothing."""
        a, b = two_sets.unpack(data)
        made = self.translations(a, b, False)
        fake_a, fake_b = made["fake_a"], made["fake_b"]
        return self.log(
            **self.generator_loss(a, b, made, False),
            **self.discriminator_loss(a, b, fake_a, fake_b, False),
        )

    # Translating

    def call(self, images: Any, training: bool = False) -> Any:
        """Maps images of domain A to B; `translate` also goes back."""
        name = "generator_ab"
        network = getattr(self, name) if training else self.network(name)
        return network(images, training=training)

    def translate(
        self,
        images: Any,
        direction: str = "a_to_b",
        batch_size: int = 16,
        any_size: bool = False,
    ) -> np.ndarray:
        """Translates images from one domain to the other.

        Args:
            images: float array `(count, size, size, channels)` in [-1, 1].
            direction: `"a_to_b"` or `"b_to_a"`.
            batch_size: Images per forward pass.
            any_size: Whether images may be of any height and width. The
                network is fully convolutional; images are mirrored at their
                borders up to multiples of 4, and results cut again.

        Returns:
            float32 array of the shape of `images`, in [-1, 1].

        Raises:
            ValueError: Another direction, or images of another shape, dtype
                or range.
        """
        checks.one_of("direction", direction, tuple(_GENERATORS))
        shape = tuple(np.shape(images))
        is_other = any_size and len(shape) == 4
        size = shape[1:3] if is_other else self.image_shape[:2]
        batches.check_images(images, (*size, self.image_shape[-1]))
        images = ops.convert_to_numpy(images).astype("float32")

        def predict(images, network):
            return self._generate(images, len(images), batch_size, network)

        network = self.network(_GENERATORS[direction])
        return self._any_size.run(network, images, predict)

    def cycle(
        self, images: Any, direction: str = "a_to_b", batch_size: int = 16
    ) -> np.ndarray:
        """Translates images to the other domain and back again.

        Args:
            images: float array `(count, size, size, channels)` in [-1, 1].
            direction: Of the first translation, `"a_to_b"` or `"b_to_a"`.
            batch_size: Images per forward pass.

        Returns:
            float32 array of the shape of `images`, in [-1, 1].

        Raises:
            ValueError: Another direction, or images of another shape, dtype
                or range.
        """
        there = self.translate(images, direction, batch_size)
        return self.translate(there, _REVERSE[direction], batch_size)

    def pictures(
        self,
        count: int,
        seed: int | None = None,
        inputs: Any = None,
        direction: str = "a_to_b",
        batch_size: int = 16,
    ) -> np.ndarray:
        """Shows images, their translations, and these translated back.

        Args:
            count: Number of pictures.
            seed: Not used: a translation has no randomness.
            inputs: At least `count` images `(n, size, size, channels)` in
                [-1, 1].
            direction: Of the first translation, `"a_to_b"` or `"b_to_a"`.
            batch_size: Images per forward pass.

        Returns:
            float32 array `(count, size, 3 * size, channels)` in [-1, 1].

        Raises:
            ValueError: Another direction, or no, too few or unfit `inputs`.
        """
        images = two_sets.to_show(count, inputs)
        there = self.translate(images, direction, batch_size)
        back = self.translate(there, _REVERSE[direction], batch_size)
        return beside(images, there, back)

    # Data and saving

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for data that can't be trained on."""
        names = "images of domain A", "images of domain B"
        two_sets.check(batch, names, (self.image_shape, self.image_shape))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "filters": self.filters,
            "blocks": self.blocks,
            "receptive_field": self.receptive_field,
            "upsampling": self.upsampling,
            "cycle_weight": self.cycle_weight,
            "identity_weight": self.identity_weight,
            "pool_size": self.pool_size,
        }


def _in_one_pass(network, *images):
    """One for all, since each image is normalized by itself."""
    return ops.split(network(ops.concatenate(images)), len(images))
