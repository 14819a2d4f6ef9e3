"""A layer that compares images."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class MinusSquaredError(layers.Layer):
    """Minus the mean squared difference of two images.

    The logit of a discriminator that is an auto-encoder: Zhao et al. 2017,
    arXiv:1609.03126, equation 4, squared.

    Args:
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of two batches of images `(batch, ...)`, of one shape.
    Output: `(batch, 1)`.
    """

    def call(self, inputs: Any) -> Any:
        """Returns one value for each pair of images."""
        squares = ops.square(inputs[0] - inputs[1])
        axes = tuple(range(1, len(squares.shape)))
        return -ops.mean(squares, axis=axes)[:, None]
