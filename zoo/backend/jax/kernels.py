"""Convolutions and norms on JAX."""

from collections.abc import Sequence
from typing import Any

import jax
import keras

from zoo.backend.jax import convolution


def conv(x: Any, kernel: Any, strides: Sequence[int], padding: str) -> Any:
    """Convolution of channels-last `x`."""
    if convolution.applies(x, kernel, strides, padding):
        x, kernel = _same_dtype(x, kernel)
        return convolution.down(x, kernel)
    return keras.ops.conv(x, kernel, strides, padding)


def conv_transpose(
    x: Any, kernel: Any, strides: Sequence[int], padding: str
) -> Any:
    """Transposed convolution of channels-last `x`."""
    if convolution.applies(x, kernel, strides, padding):
        x, kernel = _same_dtype(x, kernel)
        return convolution.up(x, kernel)
    return keras.ops.conv_transpose(x, kernel, strides, padding)


def _same_dtype(x, kernel):
    kernel = keras.ops.convert_to_tensor(kernel)
    dtype = jax.numpy.result_type(x, kernel)
    return x.astype(dtype), kernel.astype(dtype)


def prefer_layout(variables: Sequence[keras.Variable]) -> None:
    """Nothing to do: the compiler lays variables out."""


def batch_norm(
    x: Any, gamma: Any, beta: Any, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalizes by the batch; returns the result, mean and variance."""
    mean = x.mean((0, 1, 2))
    variance = jax.numpy.square(x - mean).mean((0, 1, 2))
    scale = gamma * jax.lax.rsqrt(variance + epsilon)
    return (x - mean) * scale + beta, mean, variance


def group_norm(
    x: Any, gamma: Any, beta: Any, groups: int, epsilon: float
) -> Any:
    """Normalizes groups of channels of each image."""
    y = x.reshape(x.shape[0], -1, groups, x.shape[3] // groups)
    y = y.astype("float32")
    mean = y.mean((1, 3), keepdims=True)
    variance = jax.numpy.square(y - mean).mean((1, 3), keepdims=True)
    y = (y - mean) * jax.lax.rsqrt(variance + epsilon)
    return (y.reshape(x.shape) * gamma + beta).astype(x.dtype)
