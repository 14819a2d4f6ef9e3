"""Convolutions and norms on PyTorch."""

from collections.abc import Sequence
from typing import Any

import keras
import torch
from torch.nn import functional


def _symmetric(x, kernel, strides, padding):
    """Padding that is `same` on both sides alike, or `None`.

    Keras pads and crops for the general case, and copies kernels to PyTorch's
    layout in each pass; where it can be spared, it is.
    """
    excess = {k - s for k, s in zip(kernel.shape[:-2], strides, strict=True)}
    size = excess.pop()
    sizes = zip(x.shape[1:-1], strides, strict=True)
    even = all(n % s == 0 for n, s in sizes) and size >= 0 and size % 2 == 0
    return size // 2 if padding == "same" and even and not excess else None


_CONVOLUTIONS = {
    4: (functional.conv2d, functional.conv_transpose2d),
    5: (functional.conv3d, functional.conv_transpose3d),
}
_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


def conv(x: Any, kernel: Any, strides: Sequence[int], padding: str) -> Any:
    """Convolution of channels-last `x`."""
    symmetric = 0
    if padding != "valid":
        symmetric = _symmetric(x, kernel, strides, padding)
    if symmetric is None:
        return keras.ops.conv(x, kernel, strides, padding)
    convolve, _ = _CONVOLUTIONS[x.dim()]
    y = convolve(*_channels_first(x, kernel), None, strides, symmetric)
    return y.movedim(1, y.dim() - 1)  # ONNX knows no negative axes.


def conv_transpose(
    x: Any, kernel: Any, strides: Sequence[int], padding: str
) -> Any:
    """Transposed convolution of channels-last `x`."""
    symmetric = _symmetric(x, kernel, strides, padding)
    if symmetric is None:
        return keras.ops.conv_transpose(x, kernel, strides, padding)
    _, convolve = _CONVOLUTIONS[x.dim()]
    y = convolve(*_channels_first(x, kernel), None, strides, symmetric)
    return y.movedim(1, y.dim() - 1)  # ONNX knows no negative axes.


def _channels_first(x, kernel):
    """Views, not copies, of images and kernel as PyTorch orders their axes."""
    kernel, axes = keras.ops.convert_to_tensor(kernel), x.dim()
    kernel = kernel.movedim((axes - 1, axes - 2), (0, 1))
    if len(kernel) == 1:  # PyTorch's bfloat16 gradient refuses such a view.
        kernel = kernel.contiguous()
    return x.movedim(x.dim() - 1, 1), kernel


@torch.no_grad()
def prefer_layout(variables: Sequence[keras.Variable]) -> None:
    """Lays convolution kernels out in memory as PyTorch wants them.

    Shapes stay Keras' own, `(height, width, in, out)`; only strides change.
    """
    for variable in variables:
        tensor = variable.value
        if tensor.dim() in _LAYOUTS:
            kernel = tensor.data.movedim((-1, -2), (0, 1))
            kernel = kernel.contiguous(memory_format=_LAYOUTS[tensor.dim()])
            tensor.data = kernel.movedim((0, 1), (-1, -2))


def batch_norm(
    x: Any, gamma: Any, beta: Any, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalizes by the batch; returns the result, mean and variance."""
    x = x.permute(0, 3, 1, 2)
    y, mean, inverse = torch.native_batch_norm(
        x, gamma, beta, None, None, True, 0.0, epsilon
    )
    return y.permute(0, 2, 3, 1), mean, inverse.pow(-2) - epsilon


def group_norm(
    x: Any, gamma: Any, beta: Any, groups: int, epsilon: float
) -> Any:
    """Normalizes groups of channels of each image."""
    x = x.permute(0, 3, 1, 2)
    y = functional.group_norm(x, groups, gamma, beta, epsilon)
    return y.permute(0, 2, 3, 1)
