"""What a game asks of a trick: a penalty, a gate, a term of the losses.

A trick is a small object that holds its checks, its arguments for the model's
config, the names of what it logs, and its formula. The game asks all of its
tricks in turn.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo.losses import AdversarialLoss

if TYPE_CHECKING:
    from zoo.models.gan.game import AdversarialGame, Round

Terms = dict[str, Any]
"""Named scalars: terms of a loss, or measures."""


class Names(NamedTuple):
    """Names of what a trick logs.

    Attributes:
        opponent: Terms of the opponent's loss.
        generator: Terms of the generator's loss.
        measures: What is logged and not minimized.
    """

    opponent: tuple[str, ...] = ()
    generator: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Trick:
    """Something that is added to a game; by itself it adds nothing.

    A subclass overrides what it has a say in. It keeps no state: variables
    belong to the game, which `start` may give some.
    """

    def config(self) -> dict[str, Any]:
        """Returns the arguments of the model that made it."""
        return {}

    def names(self, opponent: str) -> Names:
        """Returns the names of what it logs.

        Args:
            opponent: Name of the player that judges.
        """
        return Names()

    def start(self, game: "AdversarialGame") -> None:
        """Called once the networks of the game stand."""

    @property
    def heads(self) -> dict[str, int]:
        """Further outputs that the opponent needs: name to units."""
        return {}

    @property
    def hides_conditions(self) -> bool:
        """Whether the opponent is not told what the generator is told."""
        return False

    @property
    def latent_sets(self) -> int:
        """Sets of latents that a round needs."""
        return 1

    def change(self, loss: AdversarialLoss) -> AdversarialLoss:
        """Returns the loss that is played by."""
        return loss

    def is_open(self, game: "AdversarialGame") -> Any:
        """Returns whether the opponent may learn; `None` for no say in it."""
        return None

    def select(self, logits: Any, play: "Round") -> Any:
        """Returns the logits, `(batch, 1)`, that the generator learns from."""
        return logits

    def opponent_terms(
        self, game: "AdversarialGame", play: "Round", real: Terms, fake: Terms
    ) -> Terms:
        """Returns further terms of the opponent's loss.

        Args:
            game: The game.
            play: Its round, with generated images.
            real: What the opponent says of real images: `"logits"` and heads.
            fake: What it says of generated ones.
        """
        return {}

    def generator_terms(
        self, game: "AdversarialGame", play: "Round", fake: Terms
    ) -> Terms:
        """Returns further terms of the generator's loss."""
        return {}

    def measures(self, game: "AdversarialGame") -> Terms:
        """Returns what is logged and not minimized."""
        return {}
