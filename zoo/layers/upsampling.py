"""What layers that enlarge images by a factor share."""

import keras

from zoo import checks


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
