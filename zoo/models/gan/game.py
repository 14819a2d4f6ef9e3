"""The game of a generator against an opponent: one step for all GANs."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo import backend, losses
from zoo.engine import batches, networks
from zoo.engine.generative_model import GenerativeModel
from zoo.engine.labels import (
    check_batch_labels,
    one_hot_to_generate,
)
from zoo.losses import AdversarialLoss
from zoo.models.gan.conditions import with_conditions
from zoo.models.gan.trick import Trick
from zoo.utils import checks


@dataclasses.dataclass(frozen=True)
class Round:
    """One round of a game.

    Attributes:
        images: Real images, `(batch, ...)`.
        conditions: What else both networks are told, such as classes as
            one-hot vectors `(batch, num_classes)`.
        latents: Sets of latents, `(batch, latent_dim)` each: one, or two where
            modes are sought.
        made: Generated images of each set; empty until they are made.
        training: Whether it is a training step.
        is_open: Whether the opponent may learn, a boolean scalar tensor;
            `None` where nothing holds it back.
    """

    images: Any
    conditions: tuple[Any, ...] = ()
    latents: tuple[Any, ...] = ()
    made: tuple[Any, ...] = ()
    training: bool = False
    is_open: Any = None

    @property
    def generated(self) -> Any:
        """Images of the first latents: those that are judged."""
        return self.made[0]

    def showing(self, made: Iterable[Any]) -> "Round":
        """Returns the same round with generated images.

        Args:
            made: Images of each set of latents.
        """
        return dataclasses.replace(self, made=tuple(made))

    def if_open(
        self,
        variables: Sequence[keras.Variable],
        update: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """Runs an update that moves nothing if the round is not open.

        It is computed either way: a condition around it would leave the trace
        on JAX, and part replicas.

        Args:
            variables: What then is put back as it was.
            update: Function without arguments that returns loss terms.

        Returns:
            The terms.
        """
        if self.is_open is None:
            return update()
        before = [ops.copy(v) for v in variables]
        terms = update()
        for variable, value in zip(variables, before, strict=True):
            moved = ops.convert_to_tensor(variable)
            variable.assign(ops.where(self.is_open, moved, value))
        return terms


class AdversarialGame(GenerativeModel):
    """What GANs with one generator and one opponent share.

    A subclass builds `generator` and the network named by `opponent_name`,
    whose output is the logit, `(batch, 1)`, or a dict that has it as
    `"logits"`, and calls `start_game` when they stand. It sets `image_shape`
    and `latent_dim`. A generator of several networks has them in `players`,
    and a `synthesize` of its own.

    Args:
        loss: A name of `zoo.losses`, or a `zoo.losses.AdversarialLoss`.
        tricks: What is added to the game, such as `GradientPenalty("r1")`:
            see `zoo.models.gan.tricks`.
        discriminator_steps: Updates of the opponent for each of the
            generator.
        num_classes: Number of classes that the networks are told, as one-hot
            vectors; `None` for a game without.
        ema_decay: Decay of the average of the generator's weights that
            `generate` then uses, in [0, 1), or `None` for no average.
        name: Name of the model.
        dtype: A Keras dtype policy or its name.

    Raises:
        ValueError: An argument out of its range.
    """

    opponent_name = "discriminator"
    """Player, and attribute, that judges images."""

    players = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }

    def __init__(
        self,
        *,
        loss: str | AdversarialLoss = "non_saturating",
        tricks: Iterable[Trick] = (),
        discriminator_steps: int = 1,
        num_classes: int | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(ema_decay=ema_decay, name=name, dtype=dtype)
        self.adversarial_loss = losses.get(loss)
        self.tricks = tuple(tricks)
        self._played_loss = functools.reduce(
            lambda loss, trick: trick.change(loss),
            self.tricks,
            self.adversarial_loss,
        )
        self.discriminator_steps = checks.positive_integer(
            "discriminator_steps", discriminator_steps
        )
        if num_classes is not None:
            checks.positive_integer("num_classes", num_classes)
        self.num_classes = num_classes

    def generator_of(
        self,
        given: Any,
        build: networks.Builder,
        latent_dim: int,
        conditions: Iterable[keras.KerasTensor] = (),
    ) -> keras.Model:
        """Returns the generator: given and fitting, or built.

        Args:
            given: The constructor's argument, or `None`.
            build: Builds it.
            latent_dim: Length of what it makes images of.
            conditions: What else it is told, as `networks.tensor`.
        """
        inputs = [networks.tensor((latent_dim,), "latents"), *conditions]
        return self.given_or_built(
            "generator", given, build, inputs, self.image_shape
        )

    def opponent_of(
        self,
        given: Any,
        build: networks.Builder,
        conditions: Iterable[keras.KerasTensor] = (),
        heads: dict[str, int] | None = None,
    ) -> keras.Model:
        """Returns the opponent: given and fitting, or built.

        Args:
            given: The constructor's argument, or `None`.
            build: Builds it.
            conditions: What it is told beside images, as `networks.tensor`.
            heads: Dict of name to units of outputs beside `"logits"`.
        """
        inputs = [networks.tensor(self.image_shape, "images"), *conditions]
        units = {"logits": 1, **(heads or {})}
        outputs = {name: (n,) for name, n in units.items()}
        return self.given_or_built(
            self.opponent_name, given, build, inputs, outputs if heads else (1,)
        )

    def start_game(self) -> None:
        """Makes what depends on the networks, once they stand."""
        player = self.opponent_name
        names = [trick.names(player) for trick in self.tricks]
        terms = [f"{player}_real_loss", f"{player}_fake_loss"]
        terms += [name for each in names for name in each.opponent]
        terms += ["generator_loss"]
        terms += [name for each in names for name in each.generator]
        measures = [name for each in names for name in each.measures]
        self.log_terms(terms, (*measures, *type(self).measure_names))
        for trick in self.tricks:
            trick.start(self)
        for network in self.players["generator"]:
            self.average(network)

    def updates(self, steps: int) -> dict[str, int]:
        """Returns how often each player is updated; the opponent more often.

        Of an opponent that is held back these are the most there can be.

        Args:
            steps: Training steps: epochs times batches of one.
        """
        own = {self.opponent_name: self.discriminator_steps * steps}
        return super().updates(steps) | own

    @property
    def opponent(self) -> keras.Model:
        """The network that judges images."""
        (network,) = self.networks_of(self.opponent_name)
        return network

    # What a subclass may change

    def unpack(self, data: Any) -> tuple[Any, tuple[Any, ...]]:
        """Returns images and a tuple of what else the networks are told."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return images, ()
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        one_hot = ops.one_hot(labels, self.num_classes, dtype="float32")
        return images, (one_hot,)

    def sample_latents(self, count: Any) -> Any:
        """Returns latents from N(0, 1), shape `(count, latent_dim)`."""
        return keras.random.normal(
            (count, self.latent_dim), seed=self.seed_generator
        )

    def synthesize(self, latents: Any, play: Round) -> Any:
        """Returns images of latents."""
        inputs = with_conditions(latents, play.conditions)
        return self.generator(inputs, training=play.training)

    def judge(self, images: Any, play: Round) -> dict[str, Any]:
        """Returns a dict of the opponent's outputs, with `"logits"`."""
        hidden = any(trick.hides_conditions for trick in self.tricks)
        inputs = with_conditions(images, () if hidden else play.conditions)
        outputs = self.opponent(inputs, training=play.training)
        return outputs if isinstance(outputs, dict) else {"logits": outputs}

    def measures(self, terms: dict[str, Any]) -> dict[str, Any]:
        """Returns a dict of what is logged besides the loss terms."""
        found = [trick.measures(self) for trick in self.tricks]
        return {name: x for each in found for name, x in each.items()}

    # The losses

    def discriminator_loss(self, play: Round) -> dict[str, Any]:
        """The opponent's loss on real and on generated images.

        The two are separate mini-batches, each with its own batch statistics.
        """
        loss, name = self._played_loss, self.opponent_name
        real = self.judge(play.images, play)
        fake = self.judge(play.generated, play)
        terms = {
            f"{name}_real_loss": loss.real(real["logits"]),
            f"{name}_fake_loss": loss.fake(fake["logits"]),
        }
        for trick in self.tricks:
            terms |= trick.opponent_terms(self, play, real, fake)
        return terms

    def generator_loss(self, play: Round) -> dict[str, Any]:
        """The generator's loss on what the opponent says of its images."""
        fake = self.judge(play.generated, play)
        logits = fake["logits"]
        for trick in self.tricks:
            logits = trick.select(logits, play)
        terms = {"generator_loss": self._played_loss.generator(logits)}
        for trick in self.tricks:
            terms |= trick.generator_terms(self, play, fake)
        return terms

    # The step

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates the opponent, then the generator, on one batch."""
        self.advance(data)
        images, conditions = self.unpack(data)
        for _ in range(self.discriminator_steps - 1):
            play = self.new_round(images, conditions, True)
            self.update_opponent(play.showing(self.make(play)))
        play = self.new_round(images, conditions, True)
        made = self.record("generator", lambda: self.make(play))
        opponent = self.update_opponent(play.showing(made.outputs))
        generator = self.update_generator(play, made)
        return self.log(**opponent, **generator, **self.measures(opponent))

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the losses by moving statistics, and changes nothing."""
        play = self.new_round(*self.unpack(data), False)
        play = play.showing(self.make(play))
        opponent = self.discriminator_loss(play)
        generator = self.generator_loss(play)
        return self.log(**opponent, **generator, **self.measures(opponent))

    def advance(self, data: Any) -> None:
        """Tells layers that anneal, such as `InstanceNoise`, of the step."""
        for layer in self.opponent.layers:
            if hasattr(layer, "advance"):
                layer.advance()

    def new_round(
        self, images: Any, conditions: tuple[Any, ...], training: bool
    ) -> Round:
        """Draws latents for as many images, and asks the gates."""
        count = ops.shape(images)[0]
        sets = max((trick.latent_sets for trick in self.tricks), default=1)
        latents = tuple(self.sample_latents(count) for _ in range(sets))
        gates = [trick.is_open(self) for trick in self.tricks]
        gates = [gate for gate in gates if gate is not None]
        is_open = functools.reduce(ops.logical_and, gates) if gates else None
        return Round(images, conditions, latents, (), training, is_open)

    def make(self, play: Round) -> tuple[Any, ...]:
        """Returns the images of each set of a round's latents."""
        return tuple(self.synthesize(z, play) for z in play.latents)

    def update_opponent(self, play: Round) -> dict[str, Any]:
        """Updates the opponent, unless it is held back."""
        play = play.showing(map(ops.stop_gradient, play.made))
        optimizer = self.optimizer[self.opponent_name]
        return play.if_open(
            [*self.opponent.variables, *optimizer.variables],
            lambda: self.minimize(
                self.opponent_name, lambda: self.discriminator_loss(play)
            ),
        )

    def update_generator(
        self, play: Round, made: backend.Recording
    ) -> dict[str, Any]:
        """Updates the generator, through the pass that made its images.

        An opponent that is held back keeps its batch statistics, too.
        """
        return play.if_open(
            self.opponent.non_trainable_variables,
            lambda: self.minimize(
                "generator",
                lambda images: self.generator_loss(play.showing(images)),
                through=made,
            ),
        )

    # Sampling

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Maps the generator's inputs to images in [-1, 1]."""
        network = self.generator if training else self.network("generator")
        return network(inputs, training=training)

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        latents: Any = None,
    ) -> np.ndarray:
        """Draws images.

        Args:
            count: Number of images; by default that of `latents`.
            seed: Integer that fixes the latents, the same on every backend;
                `None` draws new ones each time.
            batch_size: Images per forward pass.
            latents: Latents to use in place of drawn ones, such as `latents`
                of the model draws, `(count, length)`.

        Returns:
            float32 array `(count, ...)`, what the generator makes.

        Raises:
            ValueError: `count` is not a positive integer, latents of another
                shape or number, or a seed beside them.
        """
        return self._draw(count, seed, batch_size, latents=latents)

    def latents(
        self, count: int, seed: int | None = None, **options: Any
    ) -> np.ndarray:
        """Draws the latents that `generate` makes images of.

        `generate(latents=model.latents(4, seed=0))` is what `generate(4,
        seed=0)` is, for a model that draws nothing else.

        Args:
            count: Number of them.
            seed: Integer that fixes them, the same on every backend; `None`
                draws new ones each time.
            **options: Those arguments of `generate` that change them: where it
                has them, `temperature` and `codes`.

        Returns:
            float32 array `(count, length)`: `latent_dim` numbers, then what
            the generator is told with them, such as clusters or codes.

        Raises:
            ValueError: `count` is not a positive integer, or an option out of
                its range.
        """
        count = checks.positive_integer("count", count)
        return self._latents(count, np.random.default_rng(seed), **options)

    def _latents(
        self, count: int, random: np.random.Generator, **options: Any
    ) -> np.ndarray:
        """Draws latents of a seed, as a model's own arguments say."""
        return random.standard_normal((count, self.latent_dim), "float32")

    def _draw(
        self,
        count: int | None,
        seed: int | None,
        batch_size: int,
        labels: Any = None,
        latents: Any = None,
        **options: Any,
    ) -> np.ndarray:
        """Generates by latents of a seed, and by classes where there are."""
        latents = self._drawn_or_given(count, seed, latents, **options)
        classes = one_hot_to_generate(
            self.numbers_of(labels), len(latents), self.num_classes
        )
        inputs = latents if classes is None else [latents, classes]
        return self._generate(inputs, len(latents), batch_size)

    def _drawn_or_given(
        self, count: int | None, seed: int | None, latents: Any, **options: Any
    ) -> np.ndarray:
        """Returns latents: given ones if there are, or else of a seed."""
        if latents is None:
            count = checks.positive_integer("count", count)
            return self.latents(count, seed, **options)
        if not self.draws_noise:
            options["seed"] = seed
        first = self.networks_of("generator")[0].inputs[0]
        shape = first.shape[1:]
        return checks.given_latents(latents, shape, count, **options)

    # Data and saving

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for data that can't be trained on."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)
        check_batch_labels(batch, self.num_classes)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`, those of the tricks too."""
        config = {
            **super().get_config(),
            "loss": losses.serialize(self.adversarial_loss),
            "discriminator_steps": self.discriminator_steps,
        }
        if self.num_classes is not None:
            config["num_classes"] = self.num_classes
        for trick in self.tricks:
            config |= trick.config()
        return config
