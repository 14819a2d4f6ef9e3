"""How classes enter a network."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class AppendClasses(layers.Layer):
    """Joins one-hot vectors to a batch along its channels.

    Input: a list of `(batch, ..., channels)` and `(batch, num_classes)`.
    Output: `(batch, ..., channels + num_classes)`; images get a constant
    channel for each class, 1 for theirs and 0 for the others.
    """

    def call(self, inputs):
        """Returns the first input with the classes as more channels."""
        x, classes = inputs
        shape = ops.shape(x)
        middle = [1] * (len(x.shape) - 2)
        classes = ops.reshape(classes, (-1, *middle, classes.shape[-1]))
        classes = ops.broadcast_to(classes, (*shape[:-1], classes.shape[-1]))
        return ops.concatenate([x, ops.cast(classes, x.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """Returns the first shape with more channels."""
        x, classes = input_shape
        return (*x[:-1], x[-1] + classes[-1])
