"""Bilinear upsampling."""

import keras
from keras import ops

from zoo.layers.upsampling import Upsampling


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

    def call(self, inputs):
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


def _along(axis, start, stop):
    """Returns an index that slices one axis."""
    return (*[slice(None)] * axis, slice(start, stop))
