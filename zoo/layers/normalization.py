"""Normalization by the batch, or by each example alone."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo import backend


@keras.saving.register_keras_serializable(package="zoo")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, fused, and right under replicas.

    The same arguments, weights and outputs, for channels-last images
    `(batch, height, width, channels)` and volumes, with one axis more.
    Training uses the backend's fused kernel where it has one. Under
    `tf.distribute.MirroredStrategy` each replica normalizes by its own part of
    the batch, and the moving statistics are the mean of the replicas'; Keras'
    own layer lets them drift apart and saves one replica's.

    As Keras', the moving variance is that of the batch itself, divided by n;
    PyTorch's is divided by n - 1, which makes it n / (n - 1) as large: 1.00006
    times for 16,384 values a channel, but 4 / 3 for four. In training both
    divide by n.

    Input and output: `(batch, ..., channels)`.
    """

    def add_weight(
        self, *args: Any, trainable: bool = True, **kwargs: Any
    ) -> keras.Variable:
        """Adds a weight; moving statistics are averaged over replicas."""
        if not trainable:
            kwargs["aggregation"] = "mean"
        return super().add_weight(*args, trainable=trainable, **kwargs)

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        """Normalizes by batch statistics in training, else by moving ones."""
        fused = len(inputs.shape) in (4, 5) and self.scale and self.center
        if not (training and self.trainable and fused) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        shape = ops.shape(inputs)
        outputs, mean, variance = backend.batch_norm(
            # All axes but the last are averaged over: a volume is a tall image.
            ops.reshape(
                ops.cast(inputs, "float32"), (shape[0], -1, *shape[-2:])
            ),
            ops.convert_to_tensor(self.gamma),
            ops.convert_to_tensor(self.beta),
            self.epsilon,
        )
        for moving, batch in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            batch = ops.stop_gradient(batch)
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return ops.cast(ops.reshape(outputs, shape), self.compute_dtype)


def moments(x: Any, axes: Sequence[int]) -> tuple[Any, Any]:
    """Returns mean and biased variance.

    Args:
        x: float32 tensor.
        axes: Axes to average over, which are kept at length 1.

    Returns:
        Two tensors.
    """
    mean = ops.mean(x, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(x - mean), axis=axes, keepdims=True)
    return mean, variance


def normalized(x: Any, mean: Any, variance: Any, epsilon: float) -> Any:
    """Returns `(x - mean) / sqrt(variance + epsilon)`.

    Args:
        x: float32 tensor.
        mean: Tensor that broadcasts to `x`.
        variance: Tensor that broadcasts to `x`.
        epsilon: Added to the variance.

    Returns:
        Tensor of the shape of `x`.
    """
    return (x - mean) * ops.rsqrt(variance + epsilon)


class Affine(keras.layers.Layer):
    """Base of normalizations in float32 with a scale and a shift per channel.

    Args:
        epsilon: Added to variances, default 1e-5.
        scale: Whether there is a scale gamma, default `True`.
        center: Whether there is a shift beta, default `True`.
        gamma_initializer: Initializer of gamma, default `"ones"`.
        **kwargs: `name` and `dtype`, as of any Keras layer.
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        scale: bool = True,
        center: bool = True,
        gamma_initializer: Any = "ones",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.scale = scale
        self.center = center
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.gamma = None
        self.beta = None

    def build(self, input_shape: Any) -> None:
        """Creates gamma and beta, `(channels,)`, where asked for."""
        shape = (input_shape[-1],)
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta", shape=shape, initializer="zeros", autocast=False
            )

    def affine(self, x: Any) -> Any:
        """Returns `gamma x + beta` in the layer's compute dtype."""
        if self.scale:
            x = x * self.gamma
        if self.center:
            x = x + self.beta
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "scale": self.scale,
            "center": self.center,
            "gamma_initializer": keras.initializers.serialize(
                self.gamma_initializer
            ),
        }


@keras.saving.register_keras_serializable(package="zoo")
class InstanceNormalization(Affine):
    """Normalizes each channel of each example by its own statistics.

    Ulyanov et al. 2016, arXiv:1607.08022, the same in training and
    afterwards, with PyTorch's epsilon (that of Keras' `GroupNormalization`
    is 1e-3).

    Args:
        epsilon: Added to variances, default 1e-5.
        scale: Whether there is a scale gamma, default `True`.
        center: Whether there is a shift beta, default `True`.
        gamma_initializer: Initializer of gamma, default `"ones"`.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input and output: `(batch, ..., channels)`, with one axis or more between.
    """

    def call(self, inputs: Any) -> Any:
        """Returns the normalized inputs."""
        x = ops.cast(inputs, "float32")
        statistics = moments(x, tuple(range(1, len(x.shape) - 1)))
        return self.affine(normalized(x, *statistics, self.epsilon))


@keras.saving.register_keras_serializable(package="zoo")
class PixelNormalization(keras.layers.Layer):
    """Divides vectors by the root mean square of their values.

    Karras et al. 2018, arXiv:1710.10196, section 4.2.

    Args:
        epsilon: Added to the mean square, default 1e-8.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input and output: `(batch, ..., channels)`.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs: Any) -> Any:
        """Returns the normalized inputs."""
        x = ops.cast(inputs, "float32")
        square = ops.mean(ops.square(x), axis=-1, keepdims=True)
        y = x * ops.rsqrt(square + self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "epsilon": self.epsilon}


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
        **kwargs: Those of `keras.layers.GroupNormalization`, among them
            `name` and `dtype`.

    Input and output: `(batch, height, width, channels)`.
    """

    def __init__(self, groups: int = 32, epsilon: float = 1e-6, **kwargs: Any):
        super().__init__(groups=groups, epsilon=epsilon, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Fits the number of groups to the channels, and adds weights."""
        self.groups = math.gcd(self.groups, input_shape[-1])
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Normalizes each image's groups of channels."""
        gamma, beta = (
            ops.convert_to_tensor(x, "float32") for x in (self.gamma, self.beta)
        )
        return backend.group_norm(
            inputs, gamma, beta, self.groups, self.epsilon
        )
