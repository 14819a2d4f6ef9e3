"""Patches of pixels as channels, and back."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class SpaceToDepth(layers.Layer):
    """Folds square patches of pixels into channels.

    Args:
        size: Side of a patch, which divides height and width.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: `(batch, height, width, channels)`, of known size. Output:
    `(batch, height / size, width / size, size^2 * channels)`; a patch's
    pixels follow each other row by row, each with its channels, as in
    TensorFlow's `space_to_depth`.
    """

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x: Any) -> Any:
        """Returns the folded inputs."""
        height, width, channels = self.compute_output_shape(x.shape)[1:]
        patches = (-1, height, self.size, width, self.size, x.shape[-1])
        x = ops.transpose(ops.reshape(x, patches), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape after folding."""
        batch, height, width, channels = input_shape
        size = self.size
        return (batch, height // size, width // size, channels * size**2)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="zoo")
class DepthToSpace(SpaceToDepth):
    """Unfolds channels into square patches of pixels: `SpaceToDepth` undone.

    Args:
        size: Side of a patch; its square divides the channels.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: `(batch, height, width, channels)`, of known size. Output:
    `(batch, height * size, width * size, channels / size^2)`.
    """

    def call(self, x: Any) -> Any:
        """Returns the unfolded inputs."""
        height, width, channels = self.compute_output_shape(x.shape)[1:]
        patches = (-1, *x.shape[1:3], self.size, self.size, channels)
        x = ops.transpose(ops.reshape(x, patches), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape after unfolding."""
        batch, height, width, channels = input_shape
        size = self.size
        return (batch, height * size, width * size, channels // size**2)
