"""Residual blocks that are told of time and class."""

from typing import Any

import keras
from keras import layers, ops

from zoo.layers.convolution import Conv2D
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import FanAverage
from zoo.layers.normalization import GroupNormalization


@keras.saving.register_keras_serializable(package="zoo")
class ResidualBlock(layers.Layer):
    """Two convolutions around the time's embedding, and a shortcut.

    norm, swish, 3x3 convolution, plus a projection of the embedding, norm,
    swish, dropout, 3x3 convolution, plus the input (through a 1x1 convolution
    where the width changes). Starts as the shortcut alone.

    Args:
        filters: Channels of the result.
        dropout: Fraction dropped in training, in [0, 1).
        groups: Groups of channels of the normalizations, at most.
        epsilon: What the normalizations add to variances.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: maps `(batch, height, width, channels)` and, as a second argument,
    embeddings `(batch, length)`. Output: `(batch, height, width, filters)`.
    """

    def __init__(
        self,
        filters: int,
        dropout: float = 0.0,
        groups: int = 32,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ):
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

    def build(self, x_shape: tuple, embedding_shape: tuple) -> None:
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

    def call(self, x: Any, embedding: Any, training: bool | None = None) -> Any:
        """Returns the new maps."""
        y = self.conv_1(ops.silu(self.norm_1(x)))
        y = y + self.time(embedding)[:, None, None]
        y = self.dropout(ops.silu(self.norm_2(y)), training=training)
        y = self.conv_2(y)
        return y + (x if self.shortcut is None else self.shortcut(x))

    def compute_output_shape(
        self, x_shape: tuple, embedding_shape: tuple
    ) -> tuple:
        """Returns the input's shape with `filters` channels."""
        return (*x_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "dropout": self.rate,
            "groups": self.groups,
            "epsilon": self.epsilon,
        }
