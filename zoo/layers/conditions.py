"""How a network is told of classes and of times."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class AppendClasses(keras.layers.Layer):
    """Joins one-hot vectors to a batch along its channels.

    Args:
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of `(batch, ..., channels)` and `(batch, num_classes)`.
    Output: `(batch, ..., channels + num_classes)`; images get a constant
    channel for each class, 1 for theirs and 0 for the others.
    """

    def call(self, inputs: Any) -> Any:
        """Returns the first input with the classes as more channels."""
        x, classes = inputs
        shape = ops.shape(x)
        middle = [1] * (len(x.shape) - 2)
        classes = ops.reshape(classes, (-1, *middle, classes.shape[-1]))
        classes = ops.broadcast_to(classes, (*shape[:-1], classes.shape[-1]))
        return ops.concatenate([x, ops.cast(classes, x.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the first shape with more channels."""
        x, classes = input_shape
        return (*x[:-1], x[-1] + classes[-1])


@keras.saving.register_keras_serializable(package="zoo")
class TimeEmbedding(keras.layers.Layer):
    """Sinusoids of a number, at wavelengths in geometric progression.

    `sin(t w_i), cos(t w_i)` with `w_i = max_period ** (-i / (dim / 2 -
    shift))`, i from 0 to `dim / 2 - 1`: the Transformer's positions (Vaswani
    et al. 2017, section 3.5) as DDPM's code has them. Always float32: a half
    precision number can't tell step 999 from 1000.

    Args:
        dim: Length of the result, even.
        max_period: Longest wavelength over 2 pi.
        shift: 1 as in DDPM reaches `max_period`; 0 stops one short of it, as
            in the Transformer and in diffusers' default.
        cosine_first: Whether the cosines come first.
        scale: Factor of the numbers, for those that are not steps.
        **kwargs: `name`, as of any Keras layer.

    Input: times `(batch,)`. Output: `(batch, dim)`, float32.
    """

    def __init__(
        self,
        dim: int,
        max_period: float = 10000,
        shift: float = 1.0,
        cosine_first: bool = False,
        scale: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.dim = dim
        self.max_period = max_period
        self.shift = shift
        self.cosine_first = cosine_first
        self.scale = scale

    def call(self, times: Any) -> Any:
        """Returns the sinusoids of each time."""
        half = self.dim // 2
        exponents = ops.arange(half, dtype="float32") / (half - self.shift)
        frequencies = ops.exp(-math.log(self.max_period) * exponents)
        angles = self.scale * times[:, None] * frequencies[None]
        parts = [ops.sin(angles), ops.cos(angles)]
        return ops.concatenate(parts[:: -1 if self.cosine_first else 1], -1)

    def compute_output_shape(self, times_shape: tuple) -> tuple:
        """Returns `(batch, dim)`."""
        return (*times_shape, self.dim)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "dim": self.dim,
            "max_period": self.max_period,
            "shift": self.shift,
            "cosine_first": self.cosine_first,
            "scale": self.scale,
        }
