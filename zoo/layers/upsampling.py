"""Layers that enlarge images: what they share, and repeated pixels."""

import keras
from keras import layers, ops

from zoo.utils import checks


class Upsampling(keras.layers.Layer):
    """A layer that multiplies height and width by a factor.

    Args:
        factor: Factor of height and width, an integer from 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `factor` is not a positive integer.
    """

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = checks.positive_integer("factor", factor)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def channels_of(self, channels):
        """Returns the output's channels, by default the input's."""
        return channels

    def compute_output_shape(self, input_shape):
        """Returns the shape of the enlarged inputs."""
        batch, height, width, channels = input_shape
        return (
            batch,
            height and height * self.factor,
            width and width * self.factor,
            self.channels_of(channels),
        )

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="zoo")
class NearestUpsampling(layers.Layer):
    """Doubles height and width by repeating pixels.

    As `keras.layers.UpSampling2D()`, by tiling in place of gathering, whose
    gradient is a plain sum on every backend.

    Args:
        **kwargs: As any Keras layer.
    """

    def call(self, x):
        """Maps `(batch, H, W, C)` to `(batch, 2 H, 2 W, C)`."""
        height, width, channels = x.shape[1:]
        x = ops.reshape(x, (-1, height, 1, width, 1, channels))
        x = ops.tile(x, (1, 1, 2, 1, 2, 1))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape):
        """Returns the shape with height and width doubled."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)
