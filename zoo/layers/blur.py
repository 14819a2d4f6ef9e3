"""A low-pass filter, for resampling."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class Blur(keras.layers.Layer):
    """Smooths maps by the binomial filter [1, 2, 1] / 4 in both directions.

    Zeros are beyond the border. As a low-pass filter it takes the place of
    linear interpolation in resampling: Zhang 2019, arXiv:1904.11486; Karras
    et al. 2019, section 2, change B.

    Args:
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input and output: `(batch, height, width, channels)`.
    """

    def call(self, inputs: Any) -> Any:
        """Returns the smooth maps."""
        return _smooth(_smooth(inputs, 1), 2)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input shape."""
        return input_shape


def _smooth(x, axis):
    """Filters along an axis by [1, 2, 1] / 4.

    A sum of shifted maps, as depthwise convolutions are slow on CPUs; shifted
    by `ops.slice`, as the gradient of `x[:, 1:]` is slow in TensorFlow.
    """
    shape = ops.shape(x)
    padding = [[0, 0] for _ in shape]
    padding[axis] = [1, 1]
    x = ops.pad(x, padding)
    before, here, after = (
        ops.slice(x, [i if n == axis else 0 for n in range(len(shape))], shape)
        for i in range(3)
    )
    return (before + 2 * here + after) / 4
