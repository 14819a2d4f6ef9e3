"""Padding by what an image itself shows at its borders."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class ReflectionPadding2D(keras.layers.Layer):
    """Continues images beyond their borders as a mirror would.

    The border pixels are not repeated: a row `1 2 3` padded by 2 is
    `3 2 1 2 3 2 1`, as by PyTorch's `ReflectionPad2d`.

    Args:
        padding: Pixels added on each of the four sides, less than the
            images' height and width.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `padding` is no positive integer, or images are too small
            to be mirrored that far.

    Input: `(batch, height, width, channels)`. Output: the same with height
    and width larger by `2 * padding`.
    """

    def __init__(self, padding: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.padding = checks.positive_integer("padding", padding)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Returns the padded images."""
        sides = (self.padding, self.padding)
        return ops.pad(inputs, [(0, 0), sides, sides, (0, 0)], mode="reflect")

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the padded images."""
        batch, height, width, channels = input_shape
        if min(height, width) <= self.padding:
            raise ValueError(
                f"Images must be larger than {self.padding} pixels to be "
                f"mirrored that far. Received: {height} x {width} pixels"
            )
        grown = (size + 2 * self.padding for size in (height, width))
        return (batch, *grown, channels)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "padding": self.padding}
