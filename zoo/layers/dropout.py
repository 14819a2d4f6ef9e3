"""Dropout: by a seed that is saved, or by factors from outside."""

import math
import random
from typing import Any

import keras
from keras import ops

from zoo.backend.seeds import SeedGenerator
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class Dropout(keras.layers.Layer):
    """`keras.layers.Dropout` whose seed is saved, and differs on replicas.

    Without a seed, Keras' own draws from PyTorch's global generator on that
    backend, so that a loaded model would not go on as it had; and it drops
    the same on every replica.

    Args:
        rate: Fraction dropped in training, in [0, 1).
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `rate` is not in [0, 1).

    Input and output: `(batch, ...)`.
    """

    def __init__(self, rate: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = checks.fraction("rate", rate)
        if rate:
            self.seed_generator = SeedGenerator(random.randrange(2**31))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the inputs; in training some are 0, the others scaled."""
        if not (training and self.rate):
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(package="zoo")
class MultiplyByNoise(keras.layers.Layer):
    """Multiplies maps by a part of a row of factors: dropout from outside.

    Args:
        start: Place of the first factor.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of maps `(batch, ...)` and rows `(batch, factors)`, at least
    `start` and as many as a map has values. Output: of the shape of the maps.
    """

    def __init__(self, start: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.start = start

    def call(self, inputs: Any) -> Any:
        """Returns the maps times their factors."""
        x, noise = inputs
        stop = self.start + math.prod(x.shape[1:])
        factors = noise[:, self.start : stop]
        return x * ops.reshape(factors, (-1, *x.shape[1:]))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the maps."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "start": self.start}
