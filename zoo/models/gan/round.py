"""What both players of a game are shown."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
from keras import ops


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
