"""What tells a network a number."""

import math

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class TimeEmbedding(layers.Layer):
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
        **kwargs: As any Keras layer.
    """

    def __init__(
        self,
        dim,
        max_period=10000,
        shift=1.0,
        cosine_first=False,
        scale=1.0,
        **kwargs,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.dim = dim
        self.max_period = max_period
        self.shift = shift
        self.cosine_first = cosine_first
        self.scale = scale

    def call(self, times):
        """Maps times `(batch,)` to `(batch, dim)`."""
        half = self.dim // 2
        exponents = ops.arange(half, dtype="float32") / (half - self.shift)
        frequencies = ops.exp(-math.log(self.max_period) * exponents)
        angles = self.scale * times[:, None] * frequencies[None]
        parts = [ops.sin(angles), ops.cos(angles)]
        return ops.concatenate(parts[:: -1 if self.cosine_first else 1], -1)

    def compute_output_shape(self, times_shape):
        """Returns `(batch, dim)`."""
        return (*times_shape, self.dim)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "dim": self.dim,
            "max_period": self.max_period,
            "shift": self.shift,
            "cosine_first": self.cosine_first,
            "scale": self.scale,
        }
