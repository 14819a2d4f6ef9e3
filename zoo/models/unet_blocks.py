"""Blocks of the diffusion U-Net: Ho, Jain, Abbeel 2020, arXiv:2006.11239."""

import math
import random

import keras
import numpy as np
from keras import layers, ops

from zoo.layers import Conv2D
from zoo.models.unet_layers import Dropout, GroupNormalization


@keras.saving.register_keras_serializable(package="zoo")
class FanAverage(keras.initializers.Initializer):
    """The paper's initializer: uniform, by the mean of fan-in and fan-out.

    As `keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")`, but
    drawn by NumPy: the same numbers on every backend, and JAX need not
    compile a program for each of the network's many shapes.

    Args:
        scale: Variance times the mean of both fans. 0 stands for 1e-10, as in
            the paper's code.
        seed: Integer; `None` draws one from Python's `random`, which
            `keras.utils.set_random_seed` sets.
    """

    def __init__(self, scale=1.0, seed=None):
        self.scale = scale
        self.seed = random.randrange(2**31) if seed is None else seed

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns a tensor of `shape`, whose last axes are in and out."""
        fans = math.prod(shape[:-2]) * (shape[-2] + shape[-1]) / 2
        limit = math.sqrt(3 * max(self.scale, 1e-10) / fans)
        values = np.random.default_rng(self.seed).uniform(-limit, limit, shape)
        return ops.convert_to_tensor(values, dtype)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {"scale": self.scale, "seed": self.seed}


@keras.saving.register_keras_serializable(package="zoo")
class ResidualBlock(layers.Layer):
    """Two convolutions around the time's embedding, and a shortcut.

    norm, swish, 3x3 convolution, plus a projection of the embedding, norm,
    swish, dropout, 3x3 convolution, plus the input (through a 1x1 convolution
    where the width changes). Starts as the shortcut alone.

    Args:
        filters: Channels of the result.
        dropout: Fraction dropped in training, in [0, 1).
        groups: Groups of the normalizations.
        epsilon: Epsilon of the normalizations.
        **kwargs: As any Keras layer.
    """

    def __init__(self, filters, dropout=0.0, groups=32, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.rate = dropout
        self.groups = groups
        self.epsilon = epsilon
        dtype = self.dtype_policy
        norm = {"groups": groups, "epsilon": epsilon, "dtype": dtype}
        conv = {"kernel_size": 3, "padding": "same", "dtype": dtype}
        self.norm_1 = GroupNormalization(**norm, name="norm_1")
        self.conv_1 = Conv2D(
            filters, **conv, kernel_initializer=FanAverage(), name="conv_1"
        )
        self.time = layers.Dense(
            filters, kernel_initializer=FanAverage(), dtype=dtype, name="time"
        )
        self.norm_2 = GroupNormalization(**norm, name="norm_2")
        self.dropout = Dropout(dropout, dtype=dtype, name="dropout")
        self.conv_2 = Conv2D(
            filters, **conv, kernel_initializer=FanAverage(0), name="conv_2"
        )
        self.shortcut = None

    def build(self, x_shape, embedding_shape):
        """Builds the layers; the shortcut only where the width changes."""
        inner = (*x_shape[:-1], self.filters)
        self.norm_1.build(x_shape)
        self.conv_1.build(x_shape)
        self.time.build(embedding_shape)
        self.norm_2.build(inner)
        self.dropout.build(inner)
        self.conv_2.build(inner)
        if x_shape[-1] != self.filters:
            # A dense layer of pixels is a 1x1 convolution.
            self.shortcut = layers.Dense(
                self.filters,
                kernel_initializer=FanAverage(),
                dtype=self.dtype_policy,
                name="shortcut",
            )
            self.shortcut.build(x_shape)

    def call(self, x, embedding, training=None):
        """Maps images and embedding `(batch, length)` to images."""
        y = self.conv_1(ops.silu(self.norm_1(x)))
        y = y + self.time(embedding)[:, None, None]
        y = self.dropout(ops.silu(self.norm_2(y)), training=training)
        y = self.conv_2(y)
        return y + (x if self.shortcut is None else self.shortcut(x))

    def compute_output_shape(self, x_shape, embedding_shape):
        """Returns the input's shape with `filters` channels."""
        return (*x_shape[:-1], self.filters)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "dropout": self.rate,
            "groups": self.groups,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable(package="zoo")
class SelfAttention(layers.Layer):
    """Attention between all pixels of a map, added to it.

    Scaled dot products as in Vaswani et al. 2017, equation 1, of a group
    normalized map. Starts as the identity.

    Args:
        heads: Attention heads; they divide the channels.
        groups: Groups of the normalization.
        epsilon: Epsilon of the normalization.
        **kwargs: As any Keras layer.
    """

    def __init__(self, heads=1, groups=32, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads
        self.groups = groups
        self.epsilon = epsilon

    def build(self, input_shape):
        """Builds the layers for the input's channels."""
        channels, dtype = input_shape[-1], self.dtype_policy
        self.norm = GroupNormalization(
            self.groups, self.epsilon, dtype=dtype, name="norm"
        )
        # Queries, keys and values in one product. Its fans have the mean 2
        # channels, where the paper's three have 1.
        self.project = layers.Dense(
            3 * channels,
            kernel_initializer=FanAverage(2),
            dtype=dtype,
            name="query_key_value",
        )
        self.out = layers.Dense(
            channels,
            kernel_initializer=FanAverage(0),
            dtype=dtype,
            name="out",
        )
        self.norm.build(input_shape)
        self.project.build(input_shape)
        self.out.build(input_shape)

    def call(self, x):
        """Maps images to images of the same shape."""
        height, width, channels = x.shape[1:]
        dim = channels // self.heads
        y = self.project(self.norm(x))
        y = ops.reshape(y, (-1, height * width, 3, self.heads, dim))
        query, key, value = (y[:, :, i] for i in range(3))
        scores = ops.einsum("bqhd,bkhd->bhqk", query * dim**-0.5, key)
        weights = ops.softmax(ops.cast(scores, "float32"))
        weights = ops.cast(weights, value.dtype)
        y = ops.einsum("bhqk,bkhd->bqhd", weights, value)
        return x + self.out(ops.reshape(y, (-1, height, width, channels)))

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "groups": self.groups,
            "epsilon": self.epsilon,
        }
