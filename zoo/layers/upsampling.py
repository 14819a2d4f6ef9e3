"""Layers that enlarge images: repeated pixels, bilinear, sub-pixel."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks


class Upsampling(keras.layers.Layer):
    """Base of layers that multiply height and width by a factor.

    Args:
        factor: Factor of height and width, an integer from 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `factor` is not a positive integer.

    Input: `(batch, height, width, channels)`. Output: `(batch, height *
    factor, width * factor, ...)`.
    """

    def __init__(self, factor: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = checks.positive_integer("factor", factor)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def channels_of(self, channels: int) -> int:
        """Returns the output's channels, by default the input's."""
        return channels

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the enlarged inputs."""
        batch, height, width, channels = input_shape
        return (
            batch,
            height and height * self.factor,
            width and width * self.factor,
            self.channels_of(channels),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="zoo")
class NearestUpsampling(keras.layers.Layer):
    """Doubles height and width by repeating pixels.

    As `keras.layers.UpSampling2D()`, by tiling in place of gathering, whose
    gradient is a plain sum on every backend.

    Args:
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: `(batch, height, width, channels)`, of known size. Output:
    `(batch, 2 * height, 2 * width, channels)`.
    """

    def call(self, inputs: Any) -> Any:
        """Returns the enlarged inputs."""
        height, width, channels = inputs.shape[1:]
        x = ops.reshape(inputs, (-1, height, 1, width, 1, channels))
        x = ops.tile(x, (1, 1, 2, 1, 2, 1))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape with height and width doubled."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)


@keras.saving.register_keras_serializable(package="zoo")
class BilinearUpsampling(Upsampling):
    """Enlarges images of any size by bilinear interpolation.

    Pixels are squares, as in Pillow, in `torch.nn.Upsample` with
    `align_corners=False`, and in `keras.layers.UpSampling2D`, which needs to
    know the size beforehand on TensorFlow. Beyond an edge there is more of
    the edge's pixel.

    Args:
        factor: Factor of height and width, an integer from 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `factor` is not a positive integer.

    Input: `(batch, height, width, channels)`. Output: `(batch, height *
    factor, width * factor, channels)`.
    """

    def call(self, inputs: Any) -> Any:
        """Returns the enlarged inputs."""
        _, height, width, channels = ops.shape(inputs)
        tall = height * self.factor
        x = self._between(inputs, 1)
        x = ops.reshape(x, (-1, tall, width, channels))
        x = self._between(x, 2)
        return ops.reshape(x, (-1, tall, width * self.factor, channels))

    def _between(self, x, axis):
        """Puts each pixel's `factor` values into a new axis after `axis`."""
        first, last = x[_along(axis, None, 1)], x[_along(axis, -1, None)]
        padded = ops.concatenate([first, x, last], axis)
        before = padded[_along(axis, None, -2)]
        after = padded[_along(axis, 2, None)]
        values = []
        for i in range(self.factor):
            place = (i + 0.5) / self.factor - 0.5  # From the pixel's middle.
            other = before if place < 0 else after
            values.append((1 - abs(place)) * x + abs(place) * other)
        return ops.stack(values, axis + 1)


@keras.saving.register_keras_serializable(package="zoo")
class PixelShuffle(Upsampling):
    """Rearranges channels into space, as `torch.nn.PixelShuffle`.

    Shi et al. 2016, arXiv:1609.05158, equation 4. For a factor `r`, output
    channel `c` at `(r y + i, r x + j)` is input channel `c r^2 + i r + j` at
    `(y, x)`: PyTorch's order of channels, so that its kernels carry over.
    TensorFlow's `depth_to_space`, and `zoo.layers.DepthToSpace`, have
    another.

    Args:
        factor: Factor of height and width, an integer from 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `factor` is not a positive integer, or its square does not
            divide the channels.

    Input: `(batch, height, width, channels)`. Output: `(batch, height *
    factor, width * factor, channels / factor^2)`.
    """

    def build(self, input_shape: Any) -> None:
        """Checks that the channels can be rearranged."""
        if input_shape[-1] % self.factor**2:
            raise ValueError(
                f"The number of channels must be a multiple of "
                f"{self.factor**2}, the square of the factor. Received: "
                f"channels={input_shape[-1]}"
            )

    def call(self, inputs: Any) -> Any:
        """Returns the rearranged inputs."""
        _, height, width, channels = ops.shape(inputs)
        factor = self.factor
        depth = self.channels_of(channels)
        x = ops.reshape(inputs, (-1, height, width, depth, factor, factor))
        x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, height * factor, width * factor, depth))

    def channels_of(self, channels: int) -> int:
        """Returns the output's channels."""
        return channels // self.factor**2


def _along(axis, start, stop):
    """Returns an index that slices one axis."""
    return (*[slice(None)] * axis, slice(start, stop))
