"""Sub-pixel upsampling."""

import keras
from keras import ops

from zoo.layers.upsampling import Upsampling


@keras.saving.register_keras_serializable(package="zoo")
class PixelShuffle(Upsampling):
    """Rearranges channels into space, as `torch.nn.PixelShuffle`.

    Shi et al. 2016, arXiv:1609.05158, equation 4. For a factor `r`, output
    channel `c` at `(r y + i, r x + j)` is input channel `c r^2 + i r + j` at
    `(y, x)`: PyTorch's order of channels, so that its kernels carry over.
    TensorFlow's `depth_to_space` has another.

    Args:
        factor: Factor of height and width, an integer from 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `factor` is not a positive integer, or its square does not
            divide the channels.

    Input: `(batch, height, width, channels)`. Output: `(batch, height *
    factor, width * factor, channels / factor^2)`.
    """

    def build(self, input_shape):
        """Checks that the channels can be rearranged."""
        if input_shape[-1] % self.factor**2:
            raise ValueError(
                f"The number of channels must be a multiple of "
                f"{self.factor**2}, the square of the factor. Received: "
                f"channels={input_shape[-1]}"
            )

    def call(self, inputs):
        """Returns the rearranged inputs."""
        _, height, width, channels = ops.shape(inputs)
        factor = self.factor
        depth = self.channels_of(channels)
        x = ops.reshape(inputs, (-1, height, width, depth, factor, factor))
        x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, height * factor, width * factor, depth))

    def channels_of(self, channels):
        """Returns the output's channels."""
        return channels // self.factor**2
