"""AC-GAN's auxiliary classifier: Odena et al. 2017, arXiv:1610.09585."""

import dataclasses
from typing import TYPE_CHECKING, Any

from keras import ops

from zoo import losses
from zoo.models.gan.trick import Names, Terms, Trick
from zoo.utils import checks

if TYPE_CHECKING:
    from zoo.models.gan.game import AdversarialGame, Round


@dataclasses.dataclass(frozen=True)
class AuxiliaryClassifier(Trick):
    """Has the opponent find the class of images, in place of being told.

    Attributes:
        num_classes: Number of classes; `None` for a game without.
        weight: Factor of the cross-entropy in both players' losses, not
            negative; 0 for an opponent that is told the class.
        generator_share: The generator's part of the weight.
        of_generated: Whether the opponent learns classes of generated images
            too, as in AC-GAN, and not of real ones alone.
    """

    num_classes: int | None
    weight: float
    generator_share: float = 1.0
    of_generated: bool = True

    def __post_init__(self) -> None:
        checks.not_negative("classifier_weight", self.weight)

    def config(self) -> dict[str, Any]:
        """Returns `classifier_weight`."""
        return {"classifier_weight": self.weight}

    @property
    def hides_conditions(self) -> bool:
        """Whether it classifies: what is to be found is not told."""
        return bool(self.num_classes and self.weight)

    @property
    def told(self) -> int:
        """Length of the one-hot vectors that the opponent is told."""
        return 0 if self.hides_conditions else self.num_classes or 0

    @property
    def heads(self) -> dict[str, int]:
        """A logit for each class."""
        if not self.num_classes or not self.weight:
            return {}
        return {"classes": self.num_classes}

    def names(self, opponent: str) -> Names:
        """Returns the names of both players' cross-entropy."""
        if not self.hides_conditions:
            return Names()
        return Names((f"{opponent}_class_loss",), ("generator_class_loss",))

    def opponent_terms(
        self, game: "AdversarialGame", play: "Round", real: Terms, fake: Terms
    ) -> Terms:
        """Returns the mean cross-entropy on what the opponent learns of."""
        if not self.hides_conditions:
            return {}
        loss = self.loss(real, play)
        if self.of_generated:
            loss = (loss + self.loss(fake, play)) / 2
        return {f"{game.opponent_name}_class_loss": loss}

    def generator_terms(
        self, game: "AdversarialGame", play: "Round", fake: Terms
    ) -> Terms:
        """Returns what makes images of their class."""
        if not self.hides_conditions:
            return {}
        loss = self.generator_share * self.loss(fake, play)
        return {"generator_class_loss": loss}

    def loss(self, outputs: Terms, play: "Round") -> Any:
        """Returns `-E[log P(C = c | X)]`, times the weight.

        Args:
            outputs: What the opponent says of images.
            play: The round, whose last condition is their class.
        """
        labels = ops.argmax(play.conditions[-1], axis=-1)
        return self.weight * losses.classification(outputs["classes"], labels)
