"""Patches of pixels as channels, and back."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class SpaceToDepth(layers.Layer):
    """Folds square patches of pixels into channels.

    Args:
        size: Side of a patch, which divides height and width.
        **kwargs: As any Keras layer.
    """

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x):
        """Maps `(batch, H, W, C)` to `(batch, H/size, W/size, C size^2)`."""
        height, width, channels = self.compute_output_shape(x.shape)[1:]
        patches = (-1, height, self.size, width, self.size, x.shape[-1])
        x = ops.transpose(ops.reshape(x, patches), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height, width, channels))

    def compute_output_shape(self, input_shape):
        """Returns the shape after folding."""
        batch, height, width, channels = input_shape
        size = self.size
        return (batch, height // size, width // size, channels * size**2)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="zoo")
class DepthToSpace(SpaceToDepth):
    """Unfolds channels into square patches of pixels: `SpaceToDepth` undone.

    Args:
        size: Side of a patch; its square divides the channels.
        **kwargs: As any Keras layer.
    """

    def call(self, x):
        """Maps `(batch, H, W, C)` to `(batch, H size, W size, C/size^2)`."""
        height, width, channels = self.compute_output_shape(x.shape)[1:]
        patches = (-1, *x.shape[1:3], self.size, self.size, channels)
        x = ops.transpose(ops.reshape(x, patches), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height, width, channels))

    def compute_output_shape(self, input_shape):
        """Returns the shape after unfolding."""
        batch, height, width, channels = input_shape
        size = self.size
        return (batch, height * size, width * size, channels // size**2)
