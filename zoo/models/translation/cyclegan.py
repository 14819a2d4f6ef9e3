"""CycleGAN: Zhu, Park, Isola, Efros 2017, arXiv:1703.10593."""

import keras

from zoo import backend, losses
from zoo.models.translation.image_pool import ImagePool
from zoo.models.translation.patch_gan import build_patch_gan
from zoo.models.translation.resnet_generator import build_resnet_generator
from zoo.models.translation.two_way_translator import TwoWayTranslator
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class CycleGAN(TwoWayTranslator):
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
    `zoo.learning_rates.LinearDecay` for the paper's. The identity loss, which
    the paper uses for some data alone, is on, as in that code. Both domains
    have images of one shape.

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
            presets. For replicas see
            `zoo.models.translation.image_pool.ImagePool`.
        ema_decay: Decay of the average of the generators' weights that
            `translate` then uses, or `None`, as in the paper.
        **kwargs: `name` and `dtype`, as of any Keras model.

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

    def __init__(
        self,
        image_shape=(256, 256, 3),
        filters=64,
        blocks=None,
        receptive_field=70,
        upsampling="transposed",
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = checks.power_of_two_images(
            image_shape, smallest=16, largest=1024
        )
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
        self._build_networks()
        self.pool_a = ImagePool(pool_size, self.image_shape)
        self.pool_b = ImagePool(pool_size, self.image_shape)
        self.log_terms(self._terms())

    def _build_networks(self):
        with self.dtype_scope():
            for name in self.players["generator"]:
                network = build_resnet_generator(
                    self.image_shape,
                    self.filters,
                    self.blocks,
                    self.upsampling,
                    name,
                )
                setattr(self, name, network)
                self.average(name)
            for name in self.players["discriminator"]:
                network = build_patch_gan(
                    self.image_shape,
                    filters=self.filters,
                    receptive_field=self.receptive_field,
                    normalization="instance",
                    name=name,
                )
                setattr(self, name, network)

    def _terms(self):
        yield from ("generator_ab_loss", "generator_ba_loss")
        yield from ("cycle_a_loss", "cycle_b_loss")
        if self.identity_weight:
            yield from ("identity_a_loss", "identity_b_loss")
        for name in self.players["discriminator"]:
            yield from (f"{name}_real_loss", f"{name}_fake_loss")

    def default_optimizers(self):
        """The paper's: Adam at 2e-4; its code's beta1 of 0.5."""
        return {
            player: keras.optimizers.Adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    # The losses

    def generator_loss(self, a, b, made, training):
        """What G and F minimize: equation 3 and the identity losses.

        Args:
            a: Images of domain A.
            b: Images of domain B.
            made: What `translations` made of them.
            training: Whether it is a training step.
        """
        judge_a, judge_b = self.discriminator_a, self.discriminator_b
        return {
            "generator_ab_loss": adversarial_loss(
                judge_b(made["fake_b"], training=training)
            ),
            "generator_ba_loss": adversarial_loss(
                judge_a(made["fake_a"], training=training)
            ),
            **self.cycle_losses(a, b, made),
            **self.identity_losses(a, b, made),
        }

    def cycle_losses(self, a, b, made):
        """`lambda E[|F(G(a)) - a|]` and `lambda E[|G(F(b)) - b|]`, equation 2.

        Norms are means over all values, as in the reference code.
        """
        weight = self.cycle_weight
        return {
            "cycle_a_loss": weight * losses.l1(made["cycled_a"], a),
            "cycle_b_loss": weight * losses.l1(made["cycled_b"], b),
        }

    def identity_losses(self, a, b, made):
        """`w lambda E[|F(a) - a|]`, and of G and b likewise: section 5.2."""
        if not self.identity_weight:
            return {}
        weight = self.identity_weight * self.cycle_weight
        return {
            "identity_a_loss": weight * losses.l1(made["same_a"], a),
            "identity_b_loss": weight * losses.l1(made["same_b"], b),
        }

    def discriminator_loss(self, a, b, fake_a, fake_b, training):
        """`E[(D(x) - 1)^2] / 2` and `E[D(fake)^2] / 2` of D_X and D_Y.

        Section 4: halved, so that D learns slower than G.
        """
        terms = {}
        for domain, real, fake in (("a", a, fake_a), ("b", b, fake_b)):
            name = f"discriminator_{domain}"
            judge = getattr(self, name)
            terms[f"{name}_real_loss"] = losses.LEAST_SQUARES.real(
                judge(real, training=training)
            )
            terms[f"{name}_fake_loss"] = losses.LEAST_SQUARES.fake(
                judge(fake, training=training)
            )
        return terms

    # The step

    @backend.stateful
    def train_step(self, data):
        """Updates both generators, then both discriminators, on one batch."""
        a, b = self.unpack(data)
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
    def test_step(self, data):
        """Computes the losses of new translations, and changes nothing."""
        a, b = self.unpack(data)
        made = self.translations(a, b, False)
        return self.log(
            **self.generator_loss(a, b, made, False),
            **self.discriminator_loss(
                a, b, made["fake_a"], made["fake_b"], False
            ),
        )

    def get_config(self):
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


def adversarial_loss(logits):
    """`E[(D(G(x)) - 1)^2]`, of section 4, which halves D's loss alone."""
    return 2 * losses.LEAST_SQUARES.generator(logits)
