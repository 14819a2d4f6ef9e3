"""Constraints of weights."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class Clip(keras.constraints.Constraint):
    """Keeps each weight within [-limit, limit]; Arjovsky et al. 2017.

    Args:
        limit: Largest absolute value.
    """

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, w):
        """Returns the clipped weight."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {"limit": self.limit}
