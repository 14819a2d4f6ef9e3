"""Convolutions and norms on TensorFlow."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


def conv(x: Any, kernel: Any, strides: Sequence[int], padding: str) -> Any:
    """Convolution of channels-last `x`."""
    return keras.ops.conv(x, kernel, strides, padding)


def conv_transpose(
    x: Any, kernel: Any, strides: Sequence[int], padding: str
) -> Any:
    """Transposed convolution of channels-last `x`."""
    return keras.ops.conv_transpose(x, kernel, strides, padding)


def prefer_layout(variables: Sequence[keras.Variable]) -> None:
    """Nothing to do: the compiler lays variables out."""


def batch_norm(
    x: Any, gamma: Any, beta: Any, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalizes by the batch; returns the result, mean and variance."""
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        x, gamma, beta, epsilon=epsilon, is_training=True
    )
    # The kernel gives the unbiased variance; moving averages want the biased.
    count = tf.cast(tf.size(x) / tf.size(mean), variance.dtype)
    return y, mean, variance * (count - 1) / count


def group_norm(
    x: Any, gamma: Any, beta: Any, groups: int, epsilon: float
) -> Any:
    """Normalizes groups of channels of each image.

    By the law of total variance from each channel's moments, so that only
    sums over whole maps touch all pixels.
    """
    y = tf.cast(x, "float32")
    means, variances = tf.nn.moments(y, (1, 2))
    shape = (-1, groups, x.shape[-1] // groups)
    means = tf.reshape(means, shape)
    mean, between = tf.nn.moments(means, -1, keepdims=True)
    within = tf.reduce_mean(tf.reshape(variances, shape), -1, keepdims=True)
    inverse = tf.math.rsqrt(within + between + epsilon)
    scale = inverse * tf.reshape(gamma, shape)
    shift = tf.reshape(beta, shape) - mean * scale
    scale, shift = (
        tf.reshape(v, (-1, 1, 1, x.shape[-1])) for v in (scale, shift)
    )
    return tf.cast(y * scale + shift, x.dtype)
