"""Constraints of weights."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class Clip(keras.constraints.Constraint):
    """Keeps each weight within [-limit, limit].

    Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1.

    Args:
        limit: Largest absolute value.
    """

    def __init__(self, limit: float):
        self.limit = limit

    def __call__(self, w: Any) -> Any:
        """Returns the clipped weight."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"limit": self.limit}
