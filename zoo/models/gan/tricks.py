"""Tricks that any game may be played with; `trick.py` says what they are."""

import dataclasses
import fractions
import functools
from typing import TYPE_CHECKING, Any

from keras import ops

from zoo import backend, losses
from zoo.losses import AdversarialLoss
from zoo.models.gan.trick import Names, Terms, Trick
from zoo.utils import checks

if TYPE_CHECKING:
    from zoo.models.gan.game import AdversarialGame, Round


@dataclasses.dataclass(frozen=True)
class LabelSmoothing(Trick):
    """Takes something off the target for real images (Salimans et al. 2016).

    Attributes:
        amount: How much, in [0, 1), of losses with a target; 0 for nothing.
    """

    amount: float = 0.0

    def config(self) -> dict[str, Any]:
        """Returns `label_smoothing`."""
        return {"label_smoothing": self.amount}

    def change(self, loss: AdversarialLoss) -> AdversarialLoss:
        """Returns the loss with another target; 1 becomes `1 - amount`."""
        loss.check_smoothing(self.amount)
        real = functools.partial(loss.real_loss, label_smoothing=self.amount)
        return dataclasses.replace(loss, real=real)


@dataclasses.dataclass(frozen=True)
class GradientPenalty(Trick):
    """Costs the opponent its slope, at real, generated or mixed images.

    Asks for an opponent without batch statistics: an image's gradient is to
    be its own.

    Attributes:
        penalty: A name of `zoo.losses.penalties` (`"wgan_gp"`, `"dragan"`,
            `"r1"`, `"r2"`), a `zoo.losses.Penalty`, or `None` for none.
        weight: Factor of it, not negative; `None` for its paper's.
    """

    penalty: Any = None
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.penalty is not None:
            found = losses.penalties.get(self.penalty)
            object.__setattr__(self, "penalty", found)
        if self.weight is not None:
            checks.not_negative("penalty_weight", self.weight)

    def config(self) -> dict[str, Any]:
        """Returns `penalty` and `penalty_weight`."""
        name = self.penalty and losses.penalties.serialize(self.penalty)
        return {"penalty": name, "penalty_weight": self.weight}

    def names(self, opponent: str) -> Names:
        """Returns the name of the penalty's term."""
        return Names(opponent=("gradient_penalty",) if self.penalty else ())

    def opponent_terms(
        self, game: "AdversarialGame", play: "Round", real: Terms, fake: Terms
    ) -> Terms:
        """Returns the penalty on the logits' gradients, times its weight."""
        penalty = self.penalty
        if penalty is None:
            return {}
        points = penalty.points(
            play.images, play.generated, game.seed_generator
        )
        gradients = game.input_gradient(
            lambda x: game.judge(x, play)["logits"], points
        )
        weight = self.weight
        weight = penalty.default_weight if weight is None else weight
        return {"gradient_penalty": weight * penalty.value(gradients)}


@dataclasses.dataclass(frozen=True)
class AccuracyGate(Trick):
    """Lets the opponent learn only while it is not too good.

    Wu et al. 2016, arXiv:1610.07584, section 3.1: updated only if its accuracy
    on the last batch was not higher than the limit.

    Attributes:
        limit: The highest accuracy at which it still learns, in [0, 1);
            `None` for no gate.
    """

    limit: float | None = None

    def __post_init__(self) -> None:
        if self.limit is not None:
            checks.fraction("accuracy_gate", self.limit)

    def config(self) -> dict[str, Any]:
        """Returns `accuracy_gate`."""
        return {"accuracy_gate": self.limit}

    def names(self, opponent: str) -> Names:
        """Returns the name of the opponent's accuracy."""
        gated = self.limit is not None
        return Names(measures=(f"{opponent}_accuracy",) if gated else ())

    def start(self, game: "AdversarialGame") -> None:
        """Gives the game a variable for the accuracy on the last batch."""
        if self.limit is not None:
            game.accuracy = game.add_weight(
                name="accuracy",
                initializer="zeros",  # Before the first batch it is open.
                trainable=False,
                aggregation="mean",
            )

    def is_open(self, game: "AdversarialGame") -> Any:
        """Returns whether the accuracy on the last batch was low enough."""
        if self.limit is None:
            return None
        return ops.convert_to_tensor(game.accuracy) <= self.limit

    def opponent_terms(
        self, game: "AdversarialGame", play: "Round", real: Terms, fake: Terms
    ) -> Terms:
        """Takes down the accuracy of a training step; no term."""
        if self.limit is not None and play.training:
            right = [
                ops.ravel(real["logits"] > 0),
                ops.ravel(fake["logits"] < 0),
            ]
            share = ops.mean(ops.cast(ops.concatenate(right), "float32"))
            game.accuracy.assign(backend.agreed(share))
        return {}

    def measures(self, game: "AdversarialGame") -> Terms:
        """Returns the accuracy on this batch."""
        if self.limit is None:
            return {}
        accuracy = ops.convert_to_tensor(game.accuracy)
        return {f"{game.opponent_name}_accuracy": accuracy}


@dataclasses.dataclass(frozen=True)
class ModeSeeking(Trick):
    """Rewards images of different latents for being different.

    Mao et al. 2019, arXiv:1903.05628, equation 2.

    Attributes:
        weight: Factor of the term, not negative; 0 for none.
    """

    weight: float = 0.0

    def __post_init__(self) -> None:
        checks.not_negative("mode_seeking_weight", self.weight)

    def config(self) -> dict[str, Any]:
        """Returns `mode_seeking_weight`."""
        return {"mode_seeking_weight": self.weight}

    def names(self, opponent: str) -> Names:
        """Returns the name of the term."""
        return Names(generator=("mode_seeking_loss",) if self.weight else ())

    @property
    def latent_sets(self) -> int:
        """Two, to be compared."""
        return 2 if self.weight else 1

    def generator_terms(
        self, game: "AdversarialGame", play: "Round", fake: Terms
    ) -> Terms:
        """Returns the term of both sets of latents and their images."""
        if not self.weight:
            return {}
        loss = losses.mode_seeking(*play.made, *play.latents)
        return {"mode_seeking_loss": self.weight * loss}


@dataclasses.dataclass(frozen=True)
class TopK(Trick):
    """Lets the generator learn from its better images alone.

    Sinha et al. 2020, arXiv:2002.06224: those that most look real to the
    opponent. Images between two kinds are then left alone.

    Attributes:
        share: Share of a batch, in (0, 1]; 1 for all.
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        checks.positive_share("top_k", self.share)

    def config(self) -> dict[str, Any]:
        """Returns `top_k`."""
        return {"top_k": self.share}

    def select(self, logits: Any, play: "Round") -> Any:
        """Returns the largest logits in training, at least that share."""
        if self.share == 1 or not play.training:
            return logits
        logits = ops.reshape(logits, (-1,))
        share = fractions.Fraction(self.share).limit_denominator(1000)
        # In integers, as the size of a batch may be a tensor: rounded up.
        count = ops.shape(logits)[0]
        k = -(-count * share.numerator // share.denominator)
        return ops.top_k(logits, k)[0]
