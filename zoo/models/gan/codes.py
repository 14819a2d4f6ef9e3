"""InfoGAN's codes: Chen et al. 2016, arXiv:1606.03657."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from zoo import losses
from zoo.models.gan.trick import Names, Terms, Trick
from zoo.utils import checks

if TYPE_CHECKING:
    from zoo.models.gan.game import AdversarialGame, Round


@dataclasses.dataclass(frozen=True)
class Codes(Trick):
    """Has the opponent find numbers that the images were made of.

    They are further latents, which then mean something.

    Attributes:
        continuous: How many are from U(-1, 1).
        categorical: Number of values of each that is a one-hot vector.
        weight: Factor of the mutual-information term, not negative.
    """

    continuous: int = 0
    categorical: Sequence[int] = ()
    weight: float = 1.0

    def __post_init__(self) -> None:
        checks.not_negative("code_weight", self.weight)
        if self.continuous != 0:
            checks.positive_integer("continuous_codes", self.continuous)
        values = tuple(
            checks.positive_integer("categorical_codes", n)
            for n in self.categorical
        )
        object.__setattr__(self, "continuous", int(self.continuous))
        object.__setattr__(self, "categorical", values)

    def config(self) -> dict[str, Any]:
        """Returns `continuous_codes`, `categorical_codes`, `code_weight`."""
        return {
            "continuous_codes": self.continuous,
            "categorical_codes": list(self.categorical),
            "code_weight": self.weight,
        }

    @property
    def dim(self) -> int:
        """Length of all codes of an image."""
        return self.continuous + sum(self.categorical)

    @property
    def heads(self) -> dict[str, int]:
        """The codes that the opponent finds."""
        units = {
            "continuous": self.continuous,
            "categorical": sum(self.categorical),
        }
        return {name: count for name, count in units.items() if count}

    def names(self, opponent: str) -> Names:
        """Returns the names of both players' term."""
        if not self.dim:
            return Names()
        return Names((f"{opponent}_code_loss",), ("generator_code_loss",))

    def sample(self, count: Any, seed: keras.random.SeedGenerator) -> list:
        """Draws codes within a training step.

        Args:
            count: Number of images.
            seed: Where the seed is from.

        Returns:
            List of tensors `(count, ...)`, to be joined to latents.
        """
        parts = []
        if self.continuous:
            shape = (count, self.continuous)
            parts.append(keras.random.uniform(shape, -1.0, 1.0, seed=seed))
        for values in self.categorical:
            code = keras.random.randint((count,), 0, values, seed=seed)
            parts.append(ops.one_hot(code, values, dtype="float32"))
        return parts

    def draw(
        self, codes: Any, count: int, random: np.random.Generator
    ) -> np.ndarray:
        """Returns codes of images to generate.

        Args:
            codes: `(count, dim)`, or `None` for random ones.
            count: Number of images.
            random: Where random ones are from.

        Returns:
            float32 array `(count, dim)`.

        Raises:
            ValueError: Codes of another shape.
        """
        if codes is None:
            parts = [random.uniform(-1, 1, (count, self.continuous))]
            for values in self.categorical:
                drawn = random.integers(values, size=count)
                parts.append(np.eye(values)[drawn])
            codes = np.concatenate(parts, axis=-1)
        codes = np.asarray(codes, "float32")
        if codes.shape != (count, self.dim):
            raise ValueError(
                f"Argument `codes` must be of shape {(count, self.dim)}. "
                f"Received: codes of shape {codes.shape}"
            )
        return codes

    def opponent_terms(
        self, game: "AdversarialGame", play: "Round", real: Terms, fake: Terms
    ) -> Terms:
        """Returns what makes the opponent find codes."""
        if not self.dim:
            return {}
        return {f"{game.opponent_name}_code_loss": self.loss(fake, play)}

    def generator_terms(
        self, game: "AdversarialGame", play: "Round", fake: Terms
    ) -> Terms:
        """Returns what makes codes visible."""
        if not self.dim:
            return {}
        return {"generator_code_loss": self.loss(fake, play)}

    def loss(self, outputs: Terms, play: "Round") -> Any:
        """Returns `-L_I(G, Q)`, equation 5, up to H(c), times the weight.

        Args:
            outputs: What the opponent says of generated images.
            play: The round, whose latents end in codes.
        """
        codes = play.latents[0][:, -self.dim :]
        loss = 0.0
        if self.continuous:
            loss += losses.mutual_information_continuous(
                outputs["continuous"], codes[:, : self.continuous]
            )
        categorical, start = codes[:, self.continuous :], 0
        for values in self.categorical:
            part = slice(start, start + values)
            loss += losses.mutual_information_categorical(
                outputs["categorical"][:, part], categorical[:, part]
            )
            start = part.stop
        return self.weight * loss
