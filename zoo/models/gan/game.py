"""The game of a generator against a discriminator: one step for all GANs."""

import fractions

import keras
import numpy as np
from keras import ops

from zoo import backend, losses
from zoo.engine import batches
from zoo.engine.generative_model import GenerativeModel
from zoo.utils import checks


class AdversarialGame(GenerativeModel):
    """What GANs with one generator and one discriminator share.

    A subclass builds `generator` and the network named by `opponent`, whose
    output is the logit, `(batch, 1)`, or a dict that has it as `"logits"`,
    and calls `start_game` when they stand. Networks that see more than
    latents and images get it from `unpack`. A generator of several networks
    has them in `players`, and a `synthesize` of its own.

    Args:
        loss: A name of `zoo.losses`, or a `zoo.losses.AdversarialLoss`.
        penalty: A name of `zoo.losses.penalties` (`"wgan_gp"`, `"dragan"`,
            `"r1"`, `"r2"`), a `zoo.losses.Penalty`, or `None`. It asks for a
            discriminator without batch statistics.
        penalty_weight: Factor of the penalty; `None` for its paper's.
        label_smoothing: What is taken off the discriminator's target for
            real images, in [0, 1), where the loss has a target.
        discriminator_steps: Updates of the discriminator for each of the
            generator.
        accuracy_gate: The discriminator is updated only if its accuracy on
            the last batch was not higher, in [0, 1); `None` for no gate.
        mode_seeking_weight: Factor of the mode-seeking term (Mao et al.
            2019), 0 for none.
        top_k: Share of a batch, in (0, 1], whose images the generator learns
            from, those that most look real to the opponent (Sinha et al.
            2020, arXiv:2002.06224); 1 for all.
        **kwargs: As of `zoo.GenerativeModel`.

    Raises:
        ValueError: An argument out of its range.
    """

    opponent = "discriminator"
    """Player, and attribute, that judges images."""

    players = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }

    def __init__(
        self,
        *,
        loss="non_saturating",
        penalty=None,
        penalty_weight=None,
        label_smoothing=0.0,
        discriminator_steps=1,
        accuracy_gate=None,
        mode_seeking_weight=0.0,
        top_k=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.adversarial_loss = losses.get(loss)
        self.adversarial_loss.check_smoothing(label_smoothing)
        self.label_smoothing = label_smoothing
        self.penalty = penalty and losses.penalties.get(penalty)
        self.penalty_weight = penalty_weight
        if penalty_weight is not None:
            checks.not_negative("penalty_weight", penalty_weight)
        self.discriminator_steps = checks.positive_integer(
            "discriminator_steps", discriminator_steps
        )
        if accuracy_gate is not None:
            checks.fraction("accuracy_gate", accuracy_gate)
        self.accuracy_gate = accuracy_gate
        self.mode_seeking_weight = checks.not_negative(
            "mode_seeking_weight", mode_seeking_weight
        )
        self.top_k = checks.positive_share("top_k", top_k)

    def start_game(self, losses=(), measures=()):
        """Makes what depends on the networks, once they stand.

        Args:
            losses: Names of loss terms besides those of the game.
            measures: Names of measures besides those of the game.
        """
        opponent = self.opponent
        terms = [f"{opponent}_real_loss", f"{opponent}_fake_loss"]
        if self.penalty:
            terms.append("gradient_penalty")
        terms.append("generator_loss")
        if self.mode_seeking_weight:
            terms.append("mode_seeking_loss")
        if self.accuracy_gate is not None:
            self.accuracy = self.add_weight(
                name="accuracy",
                initializer="zeros",  # Before the first batch it is open.
                trainable=False,
                aggregation="mean",
            )
            measures = (f"{opponent}_accuracy", *measures)
        self.log_terms((*terms, *losses), measures)
        for network in self.players["generator"]:
            self.average(network)

    # What a subclass may change

    def unpack(self, data):
        """Returns images and a tuple of what else the networks are shown."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return images, ()

    def sample_latents(self, count):
        """Returns latents from N(0, 1), shape `(count, latent_dim)`."""
        return keras.random.normal(
            (count, self.latent_dim), seed=self.seed_generator
        )

    def synthesize(self, latents, conditions, training):
        """Returns images of latents."""
        inputs = with_conditions(latents, conditions)
        return self.generator(inputs, training=training)

    def judge(self, images, conditions, training):
        """Returns a dict of the opponent's outputs, with `"logits"`."""
        inputs = with_conditions(images, conditions)
        outputs = getattr(self, self.opponent)(inputs, training=training)
        return outputs if isinstance(outputs, dict) else {"logits": outputs}

    # The losses

    def discriminator_loss(
        self, images, generated, training, conditions=(), latents=None
    ):
        """The opponent's loss on real and on generated images.

        The two are separate mini-batches, each with its own batch statistics.
        """
        loss, name = self.adversarial_loss, self.opponent
        real = self.judge(images, conditions, training)
        fake = self.judge(generated, conditions, training)
        if training and self.accuracy_gate is not None:
            self.accuracy.assign(_accuracy(real["logits"], fake["logits"]))
        terms = {
            f"{name}_real_loss": loss.real_loss(
                real["logits"], self.label_smoothing
            ),
            f"{name}_fake_loss": loss.fake(fake["logits"]),
        }
        if self.penalty:
            terms["gradient_penalty"] = self.gradient_penalty(
                images, generated, training, conditions
            )
        return terms | self.opponent_terms(real, fake, conditions, latents)

    def opponent_terms(self, real, fake, conditions, latents):
        """Returns a dict of the opponent's further loss terms."""
        return {}

    def gradient_penalty(self, images, generated, training, conditions=()):
        """The penalty on the logits' gradients, times its weight."""
        weight = self.penalty_weight
        weight = self.penalty.default_weight if weight is None else weight
        points = self.penalty.points(images, generated, self.seed_generator)
        gradients = self.input_gradient(
            lambda x: self.judge(x, conditions, training)["logits"], points
        )
        return weight * self.penalty.value(gradients)

    def generator_loss(
        self, generated, training, conditions=(), latents=None, others=None
    ):
        """The generator's loss on what the opponent says of its images.

        Args:
            generated: Images of `latents[0]`.
            training: Whether it is a training step.
            conditions: What `unpack` gave besides images.
            latents: List of latents.
            others: Images of `latents[1]`, for the mode-seeking term.
        """
        fake = self.judge(generated, conditions, training)
        logits = fake["logits"]
        if training and self.top_k < 1:
            logits = _largest(logits, self.top_k)
        terms = {"generator_loss": self.adversarial_loss.generator(logits)}
        if self.mode_seeking_weight:
            terms["mode_seeking_loss"] = (
                self.mode_seeking_weight
                * losses.mode_seeking(generated, others, *latents)
            )
        return terms | self.generator_terms(fake, conditions, latents)

    def generator_terms(self, fake, conditions, latents):
        """Returns a dict of the generator's further loss terms."""
        return {}

    def measures(self, terms):
        """Returns a dict of what is logged besides the loss terms."""
        if self.accuracy_gate is None:
            return {}
        return {
            f"{self.opponent}_accuracy": ops.convert_to_tensor(self.accuracy)
        }

    # The step

    @backend.stateful
    def train_step(self, data):
        """Updates the opponent, then the generator, on one batch."""
        self.advance(data)
        images, conditions = self.unpack(data)
        for _ in range(self.discriminator_steps - 1):
            latents = self.draw(images)
            made = self.synthesize_all(latents, conditions, True)
            self.update_opponent(self.gate(), images, made, conditions, latents)
        latents = self.draw(images)
        made = self.record(
            "generator", lambda: self.synthesize_all(latents, conditions, True)
        )
        is_open = self.gate()
        opponent = self.update_opponent(
            is_open, images, made.outputs, conditions, latents
        )
        generator = self.gated(
            is_open,
            getattr(self, self.opponent).non_trainable_variables,
            lambda: self.minimize(
                "generator",
                lambda made: self.generator_loss(
                    made[0], True, conditions, latents, made[-1]
                ),
                through=made,
            ),
        )
        return self.log(**opponent, **generator, **self.measures(opponent))

    @backend.stateful
    def test_step(self, data):
        """Computes the losses by moving statistics, and changes nothing."""
        images, conditions = self.unpack(data)
        latents = self.draw(images)
        made = self.synthesize_all(latents, conditions, False)
        opponent = self.discriminator_loss(
            images, made[0], False, conditions, latents
        )
        generator = self.generator_loss(
            made[0], False, conditions, latents, made[-1]
        )
        return self.log(**opponent, **generator, **self.measures(opponent))

    def advance(self, data):
        """Tells layers that anneal, such as `InstanceNoise`, of the step.

        Args:
            data: The batch of the step, as `unpack` takes it.
        """
        for layer in getattr(self, self.opponent).layers:
            if hasattr(layer, "advance"):
                layer.advance()

    def draw(self, images):
        """Returns a list of latents for as many images: two to seek modes."""
        count = ops.shape(images)[0]
        sets = 2 if self.mode_seeking_weight else 1
        return [self.sample_latents(count) for _ in range(sets)]

    def synthesize_all(self, latents, conditions, training):
        """Returns a list of the images of each of `draw`'s latents."""
        return [self.synthesize(z, conditions, training) for z in latents]

    def update_opponent(self, is_open, images, made, conditions, latents):
        """Updates the opponent, unless its gate is closed.

        The gate is that of 3D-GAN, Wu et al. 2016, section 3.1. Closed, it
        leaves weights, optimizer and batch statistics as they were.
        """
        generated = ops.stop_gradient(made[0])

        def loss():
            return self.discriminator_loss(
                images, generated, True, conditions, latents
            )

        kept = [
            *getattr(self, self.opponent).variables,
            *self.optimizer[self.opponent].variables,
        ]
        return self.gated(
            is_open, kept, lambda: self.minimize(self.opponent, loss)
        )

    def gate(self):
        """Returns whether the opponent may learn; `None` without a gate."""
        if self.accuracy_gate is None:
            return None
        return ops.convert_to_tensor(self.accuracy) <= self.accuracy_gate

    def gated(self, is_open, variables, update):
        """Runs an update that leaves variables alone if the gate is closed.

        Args:
            is_open: Result of `gate`, from before the update.
            variables: What a closed gate keeps as it was.
            update: Function without arguments.

        Returns:
            What `update` returns.
        """
        if is_open is None:
            return update()
        before = [ops.copy(v) for v in variables]
        result = update()
        for variable, value in zip(variables, before, strict=True):
            moved = ops.convert_to_tensor(variable)
            variable.assign(ops.where(is_open, moved, value))
        return result

    # Sampling

    def call(self, inputs, training=False):
        """Maps the generator's inputs to images in [-1, 1]."""
        network = self.generator if training else self.network("generator")
        return network(inputs, training=training)

    def generate(self, count, seed=None, batch_size=64):
        """Draws images.

        Args:
            count: Number of images.
            seed: Integer that fixes the latents, the same on every backend;
                `None` draws new ones each time.
            batch_size: Images per forward pass.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer.
        """
        return self._draw(count, seed, batch_size)

    def _draw(self, count, seed, batch_size, **latents):
        """Generates by latents of a seed, as the arguments say of them."""
        count = checks.positive_integer("count", count)
        latents = self._latents(count, np.random.default_rng(seed), **latents)
        return self._generate(latents, count, batch_size)

    def _latents(self, count, random):
        return random.standard_normal((count, self.latent_dim), "float32")

    def check_batch(self, batch):
        """Raises a ValueError for images that can't be trained on."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        penalty = self.penalty and losses.penalties.serialize(self.penalty)
        return {
            **super().get_config(),
            "loss": losses.serialize(self.adversarial_loss),
            "penalty": penalty,
            "penalty_weight": self.penalty_weight,
            "label_smoothing": self.label_smoothing,
            "discriminator_steps": self.discriminator_steps,
            "accuracy_gate": self.accuracy_gate,
            "mode_seeking_weight": self.mode_seeking_weight,
            "top_k": self.top_k,
        }


def with_conditions(x, conditions):
    """Returns a network's inputs: a tensor alone, or a list with conditions."""
    return [x, *conditions] if conditions else x


def _largest(logits, share):
    """Returns the largest logits, at least that share of them all."""
    logits = ops.reshape(logits, (-1,))
    share = fractions.Fraction(share).limit_denominator(1000)
    # In integers, as the size of a batch may be a tensor: rounded up.
    count = ops.shape(logits)[0]
    k = -(-count * share.numerator // share.denominator)
    return ops.top_k(logits, k)[0]


def _accuracy(real, fake):
    right = ops.concatenate([ops.ravel(real > 0), ops.ravel(fake < 0)])
    return ops.mean(ops.cast(right, "float32"))
