"""Layers of the style-based generator."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.layers.equalized import EqualizedDense
from zoo.layers.normalization import moments, normalized
from zoo.utils import checks


def adain(x: Any, scale: Any, bias: Any, epsilon: float = 1e-8) -> Any:
    """Adaptive instance normalization.

    `y_s (x - mean(x)) / std(x) + y_b` for each channel of each image: Huang
    and Belongie 2017, arXiv:1703.06868, equation 8; Karras et al. 2019,
    equation 1.

    Args:
        x: Maps, `(batch, height, width, channels)`.
        scale: The style's `y_s`, `(batch, channels)`.
        bias: The style's `y_b`, `(batch, channels)`.
        epsilon: Added to variances, default 1e-8.

    Returns:
        float32 tensor of the shape of `x`.
    """
    x, scale, bias = (ops.cast(v, "float32") for v in (x, scale, bias))
    mean, variance = moments(x, (1, 2))
    y = normalized(x, mean, variance, epsilon)
    return scale[:, None, None] * y + bias[:, None, None]


@keras.saving.register_keras_serializable(package="zoo")
class AdaptiveInstanceNormalization(keras.layers.Layer):
    """Normalizes maps by themselves, then scales and shifts them by a style.

    The learned affine transformation A of Karras et al. 2019, figure 1, and
    `adain`. `y_s` starts at 1 (appendix C there): it is 1 plus the first half
    of what the dense layer gives.

    Args:
        index: Which of the styles is this layer's, 0 for the first.
        epsilon: Added to variances, default 1e-8.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of maps `(batch, height, width, channels)` and styles
    `(batch, layers, style_dim)`. Output: of the shape of the maps.
    """

    def __init__(self, index: int = 0, epsilon: float = 1e-8, **kwargs: Any):
        super().__init__(**kwargs)
        self.index = index
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        """Creates the affine transformation."""
        maps, styles = input_shape
        self.affine = EqualizedDense(
            2 * maps[-1], gain=1.0, dtype=self.dtype_policy, name="affine"
        )
        self.affine.build((styles[0], styles[-1]))

    def call(self, inputs: Any) -> Any:
        """Returns the maps in the style."""
        x, styles = inputs
        scale, bias = ops.split(self.affine(styles[:, self.index]), 2, axis=-1)
        y = adain(x, 1 + scale, bias, self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the maps."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "index": self.index,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable(package="zoo")
class NoiseInput(keras.layers.Layer):
    """Adds noise, each channel as much of it as it has learned, and a bias.

    The scaling B of Karras et al. 2019, figure 1, initially 0.

    Args:
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of maps `(batch, height, width, channels)` and noise
    `(batch, height, width, 1)`. Output: of the shape of the maps.
    """

    def build(self, input_shape: Any) -> None:
        """Creates strength and bias, `(channels,)`."""
        shape = (input_shape[0][-1],)
        self.strength = self.add_weight(
            name="strength", shape=shape, initializer="zeros"
        )
        self.bias = self.add_weight(
            name="bias", shape=shape, initializer="zeros"
        )

    def call(self, inputs: Any) -> Any:
        """Returns `x + strength noise + bias`."""
        x, noise = inputs
        return x + (ops.multiply(self.strength, noise) + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the maps."""
        return input_shape[0]


@keras.saving.register_keras_serializable(package="zoo")
class LearnedConstant(keras.layers.Layer):
    """Gives every image of a batch the same learned maps, initially ones.

    Args:
        shape: `(height, width, channels)`.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: anything with a batch axis. Output: `(batch, *shape)`.
    """

    def __init__(self, shape: Sequence[int], **kwargs: Any):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def build(self, input_shape: Any) -> None:
        """Creates the maps."""
        self.constant = self.add_weight(
            name="constant", shape=self.shape, initializer="ones"
        )

    def call(self, inputs: Any) -> Any:
        """Returns the constant as often as there are inputs."""
        constant = ops.convert_to_tensor(self.constant)[None]
        return ops.repeat(constant, ops.shape(inputs)[0], axis=0)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns `(batch, *shape)`."""
        return (input_shape[0], *self.shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "shape": self.shape}


@keras.saving.register_keras_serializable(package="zoo")
class RunningMean(keras.layers.Layer):
    """Passes vectors on, and keeps the mean of those seen in training.

    Args:
        decay: Share of the old mean that stays in each pass, in [0, 1).
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Attributes:
        mean: The mean, `(channels,)`, initially 0; of vectors with classes
            that of each class, `(num_classes, channels)`.

    Raises:
        ValueError: `decay` is not in [0, 1).

    Input: vectors `(batch, channels)`, or a list of vectors and their classes
    as one-hot vectors `(batch, num_classes)`. Output: the vectors.
    """

    def __init__(self, decay: float = 0.995, **kwargs: Any):
        super().__init__(**kwargs)
        self.decay = checks.fraction("decay", decay)

    def build(self, input_shape: Any) -> None:
        """Creates the mean."""
        if isinstance(input_shape, list):
            vectors, classes = input_shape
            shape = (classes[-1], vectors[-1])
        else:
            shape = input_shape[-1:]
        self.mean = self.add_weight(
            name="mean",
            shape=shape,
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the vectors."""
        vectors, classes = (
            inputs if isinstance(inputs, list) else (inputs, None)
        )
        if training:
            mean = self._batch_mean(ops.cast(vectors, "float32"), classes)
            moved = mean + self.decay * (self.mean - mean)
            self.mean.assign(ops.stop_gradient(moved))
        return vectors

    def _batch_mean(self, vectors, classes):
        """Returns the batch's mean; of a class that it lacks, the old one."""
        if classes is None:
            return ops.mean(vectors, axis=0)
        members = ops.transpose(ops.cast(classes, "float32"))
        count = ops.sum(members, axis=1, keepdims=True)
        mean = ops.matmul(members, vectors) / ops.maximum(count, 1)
        return ops.where(count > 0, mean, ops.convert_to_tensor(self.mean))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the vectors."""
        return input_shape[0] if isinstance(input_shape, list) else input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "decay": self.decay}
