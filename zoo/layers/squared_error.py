"""A layer that compares images."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class MinusSquaredError(layers.Layer):
    """Minus the mean squared difference of two images, `(batch, 1)`."""

    def call(self, inputs):
        """Compares a list of two batches of images."""
        squares = ops.square(inputs[0] - inputs[1])
        axes = tuple(range(1, len(squares.shape)))
        return -ops.mean(squares, axis=axes)[:, None]
