"""Entries for the usual layers: PyTorch's layouts to Keras'.

PyTorch has channels first and a layer's outputs before its inputs, Keras has
channels last and outputs last. Each function takes a Keras layer and the
prefix of its tensors' names, and returns the `Entry` for a mapping.
"""

import functools

import numpy as np
from keras import layers
from keras.layers import Layer

from zoo.converters.mapping import Entry

Shape = tuple[int, int, int]
"""Height, width and channels of a map, as Keras has them."""


def dense(layer: Layer, prefix: str) -> Entry:
    """`Linear`: (out, in) to (in, out)."""
    return _kernel_and_bias(layer, prefix, np.transpose)


def dense_after_flatten(layer: Layer, prefix: str, shape: Shape) -> Entry:
    """`Linear` of flattened maps, whose order of elements differs.

    Args:
        layer: `Dense` behind a `Flatten`.
        prefix: Prefix of the tensors' names.
        shape: Shape of a map, before it is flattened.
    """
    height, width, channels = shape

    def kernel(weight):
        maps = weight.reshape(-1, channels, height, width)
        return _outputs_last(maps).reshape(-1, len(weight))

    return _kernel_and_bias(layer, prefix, kernel)


def dense_of_valid_conv(layer: Layer, prefix: str, shape: Shape) -> Entry:
    """`Conv2d` whose kernel covers the map, for `Flatten` and `Dense`.

    (out, in, height, width) to (height * width * in, out).

    Args:
        layer: `Dense` behind a `Flatten`.
        prefix: Prefix of the tensors' names.
        shape: Shape of a map, before it is flattened.
    """

    def kernel(weight):
        kernel = _outputs_last(weight)
        _check_shape(kernel.shape[:-1], shape)
        return kernel.reshape(-1, len(weight))

    return _kernel_and_bias(layer, prefix, kernel)


def dense_of_conv_transpose(layer: Layer, prefix: str, shape: Shape) -> Entry:
    """`ConvTranspose2d` of a 1x1 map, for `Dense` and `Reshape`.

    (in, out, height, width) to (in, height * width * out). Each of the bias'
    elements is repeated at each position.

    Args:
        layer: `Dense` before a `Reshape`.
        prefix: Prefix of the tensors' names.
        shape: Shape of a map, after the `Reshape`.
    """

    def function(weight, *bias):
        kernel = weight.transpose(0, 2, 3, 1)
        _check_shape(kernel.shape[1:], shape)
        kernel = kernel.reshape(len(weight), -1)
        return [kernel, *(np.tile(x, shape[0] * shape[1]) for x in bias)]

    return Entry(layer, _names(layer, prefix), function)


def conv(layer: Layer, prefix: str) -> Entry:
    """`Conv1d` to `Conv3d`: (out, in, *sizes) to (*sizes, in, out)."""
    return _kernel_and_bias(layer, prefix, _outputs_last)


def depthwise_conv(layer: Layer, prefix: str) -> Entry:
    """`Conv2d` with as many groups as inputs, for `DepthwiseConv2D`.

    (in * multiplier, 1, height, width) to (height, width, in, multiplier).
    """

    def kernel(weight):
        return _depthwise(_outputs_last(weight), layer.depth_multiplier)

    return _kernel_and_bias(layer, prefix, kernel)


def conv_transpose(layer: Layer, prefix: str) -> Entry:
    """`ConvTranspose1d` to 3d: (in, out, *sizes) to (*sizes, out, in)."""
    return _kernel_and_bias(layer, prefix, _outputs_last)


def batch_norm(layer: Layer, prefix: str) -> Entry:
    """`BatchNorm`: scales, offsets, moving means and variances."""
    names = [*_affine(layer, prefix), *_statistics(prefix)]
    return Entry(layer, tuple(names))


def group_norm(layer: Layer, prefix: str) -> Entry:
    """`GroupNorm`, `LayerNorm`: scales and offsets."""
    return Entry(layer, tuple(_affine(layer, prefix)))


def embedding(layer: Layer, prefix: str) -> Entry:
    """`Embedding`: (count, dimensions), as in Keras."""
    return Entry(layer, (f"{prefix}.weight",))


def folded_conv(layer: Layer, prefix: str, norm: str, epsilon: float) -> Entry:
    """`Conv2d` and the `BatchNorm2d` after it, for one convolution.

    In inference the two are one affine function.

    Args:
        layer: `Conv2D` or `DepthwiseConv2D`, with a bias.
        prefix: Prefix of the convolution's tensors, which has no bias.
        norm: Prefix of the batch normalization's tensors.
        epsilon: What the batch normalization adds to the variances.
    """
    parts = [f"{norm}.weight", f"{norm}.bias", *_statistics(norm)]
    names = (f"{prefix}.weight", *parts)
    multiplier = None
    if isinstance(layer, layers.DepthwiseConv2D):
        multiplier = layer.depth_multiplier
    return Entry(
        layer,
        names,
        functools.partial(_fold, multiplier=multiplier, epsilon=epsilon),
    )


def _fold(kernel, gamma, beta, mean, variance, multiplier, epsilon):
    scale = gamma / np.sqrt(variance.astype("float64") + epsilon)
    kernel, bias = _outputs_last(kernel) * scale, beta - mean * scale
    if multiplier is not None:
        kernel = _depthwise(kernel, multiplier)
    return [kernel, bias]


def _outputs_last(weight):
    """(a, b, *sizes) to (*sizes, b, a)."""
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def _depthwise(kernel, multiplier):
    """(height, width, 1, outputs) to (height, width, in, multiplier)."""
    kernel = np.squeeze(kernel, axis=2)
    return kernel.reshape(*kernel.shape[:2], -1, multiplier)


def _check_shape(received, expected):
    # Another kernel with as many elements would pass as a matrix.
    if tuple(received) != tuple(expected):
        raise ValueError(
            f"Expected a map of shape {expected}. Received: shape={received}"
        )


def _kernel_and_bias(layer, prefix, kernel):
    def function(weight, *bias):
        return [kernel(weight), *bias]

    return Entry(layer, _names(layer, prefix), function)


def _names(layer, prefix):
    parts = ("weight", "bias") if layer.use_bias else ("weight",)
    return tuple(f"{prefix}.{part}" for part in parts)


def _affine(layer, prefix):
    parts = {"weight": layer.scale, "bias": layer.center}
    return [f"{prefix}.{part}" for part, present in parts.items() if present]


def _statistics(prefix):
    return [f"{prefix}.running_mean", f"{prefix}.running_var"]
