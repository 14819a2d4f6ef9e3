"""Layers without convolutions that the diffusion U-Net is made of."""

import math
import random

import keras
from keras import layers, ops

from zoo import backend
from zoo.seeds import SeedGenerator


@keras.saving.register_keras_serializable(package="zoo")
class GroupNormalization(keras.layers.GroupNormalization):
    """`keras.layers.GroupNormalization` of images, fast on every backend.

    The same weights and outputs, for channels-last images `(batch, height,
    width, channels)`. Where `groups` does not divide the channels, there are
    as many groups as the greatest divisor that both share, so that one
    setting serves maps of any width. Statistics are float32 in mixed
    precision.

    Args:
        groups: Groups of channels.
        epsilon: What is added to variances.
        **kwargs: As any Keras layer.
    """

    def __init__(self, groups=32, epsilon=1e-6, **kwargs):
        super().__init__(groups=groups, epsilon=epsilon, **kwargs)

    def build(self, input_shape):
        """Fits the number of groups to the channels, and adds weights."""
        self.groups = math.gcd(self.groups, input_shape[-1])
        super().build(input_shape)

    def call(self, inputs):
        """Normalizes each image's groups of channels."""
        gamma, beta = (
            ops.convert_to_tensor(x, "float32") for x in (self.gamma, self.beta)
        )
        return backend.group_norm(
            inputs, gamma, beta, self.groups, self.epsilon
        )


@keras.saving.register_keras_serializable(package="zoo")
class Dropout(layers.Layer):
    """`keras.layers.Dropout` whose seed is saved, and differs on replicas.

    Without a seed, Keras' own draws from PyTorch's global generator on that
    backend, so that a loaded model would not go on as it had; and it drops
    the same on every replica.

    Args:
        rate: Fraction dropped in training, in [0, 1).
        **kwargs: As any Keras layer.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        if rate:
            self.seed_generator = SeedGenerator(random.randrange(2**31))
        self.built = True

    def call(self, inputs, training=False):
        """Drops in training, and scales what stays."""
        if not (training and self.rate):
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "rate": self.rate}


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


@keras.saving.register_keras_serializable(package="zoo")
class NearestUpsampling(layers.Layer):
    """Doubles height and width by repeating pixels.

    As `keras.layers.UpSampling2D()`, by tiling in place of gathering, whose
    gradient is a plain sum on every backend.

    Args:
        **kwargs: As any Keras layer.
    """

    def call(self, x):
        """Maps `(batch, H, W, C)` to `(batch, 2 H, 2 W, C)`."""
        height, width, channels = x.shape[1:]
        x = ops.reshape(x, (-1, height, 1, width, 1, channels))
        x = ops.tile(x, (1, 1, 2, 1, 2, 1))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape):
        """Returns the shape with height and width doubled."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)
