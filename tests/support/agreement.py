"""What tests share that compare a training with golden values."""

import pathlib

import keras
import numpy as np
from keras import ops


class RecordingSGD(keras.optimizers.Optimizer):
    """Gradient descent that keeps the last gradients it was given."""

    def build(self, variables):
        super().build(variables)
        self.gradients = [
            self.add_variable_from_reference(v, "gradient") for v in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        slot = self.gradients[self._get_variable_index(variable)]
        slot.assign(gradient)
        variable.assign(variable - learning_rate * gradient)


def error(actual, expected):
    """Returns the largest difference over the largest expected value."""
    actual = ops.convert_to_numpy(actual).astype("float64")
    return np.abs(actual - expected).max() / np.abs(expected).max()


def read_golden(name):
    """Returns the arrays of a golden file, by their names."""
    with np.load(pathlib.Path(__file__).parents[1] / "golden" / name) as file:
        return dict(file)


def stored(golden, what, network):
    """Returns the arrays of a network, in order, such as its weights."""
    prefix = f"{what}/{network}/"
    return [v for k, v in golden.items() if k.startswith(prefix)]


class GoldenLatents:
    """Makes a model draw the golden latents, step by step."""

    def hold(self, latents):
        """Keeps latents `(steps, count, ...)` as state of the model."""
        self.golden = self.add_weight(
            shape=latents.shape, trainable=False, name="golden"
        )
        self.golden.assign(latents)
        self.drawn = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False
        )

    def sample_latents(self, count):
        """Returns the next ones."""
        latents = ops.take(self.golden, self.drawn, axis=0)
        self.drawn.assign(self.drawn + 1)
        return latents
