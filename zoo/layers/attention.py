"""Self-attention within images."""

from typing import Any

import keras
from keras import layers, ops

from zoo.layers.initializers import FanAverage
from zoo.layers.normalization import GroupNormalization


@keras.saving.register_keras_serializable(package="zoo")
class SelfAttention(layers.Layer):
    """Attention between all pixels of a map, added to it.

    Scaled dot products as in Vaswani et al. 2017, equation 1, of a group
    normalized map. Starts as the identity.

    Args:
        heads: Attention heads; they divide the channels.
        groups: Groups of channels of the normalization, at most.
        epsilon: What the normalization adds to variances.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input and output: `(batch, height, width, channels)`, of known size.
    """

    def __init__(
        self,
        heads: int = 1,
        groups: int = 32,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.heads = heads
        self.groups = groups
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
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

    def call(self, x: Any) -> Any:
        """Returns the maps plus what their pixels attend to."""
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

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "groups": self.groups,
            "epsilon": self.epsilon,
        }
