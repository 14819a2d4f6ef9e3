"""What tests share that compare a training with golden values."""

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
