"""Dropout whose seed is part of a model's state."""

import random

import keras
from keras import layers

from zoo.backend.seeds import SeedGenerator


@keras.saving.register_keras_serializable(package="zoo")
class Dropout(layers.Layer):
    """`keras.layers.Dropout` whose seed is saved, and differs on replicas.

    Without a seed, Keras' own draws from PyTorch's global generator on that
    backend, so that a loaded model would not go on as it had; and it drops
    the same on every replica.

    Args:
        rate: Fraction dropped in training, in [0, 1).
        **kwargs: As any Keras layer.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        if rate:
            self.seed_generator = SeedGenerator(random.randrange(2**31))
        self.built = True

    def call(self, inputs, training=False):
        """Drops in training, and scales what stays."""
        if not (training and self.rate):
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "rate": self.rate}
