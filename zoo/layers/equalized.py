"""Layers with an equalized learning rate, as in progressive growing."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo import backend
from zoo.utils import checks

_RESAMPLING = (None, "up", "down")

_HE = math.sqrt(2)
"""Gain of He's initializer, for what a rectifier follows."""


class _Equalized(keras.layers.Layer):
    """Base of layers whose kernel is drawn from N(0, 1) and scaled in use.

    The factor `gain / sqrt(fan_in)`, that of He's initializer, is applied in
    each pass, so that Adam moves all kernels equally fast whatever their
    scale: Karras et al. 2018, arXiv:1710.10196, section 4.1.

    Args:
        units: Number of outputs, or of output channels.
        gain: Factor of the kernel besides `1 / sqrt(fan_in)`.
        use_bias: Whether there is a bias, initially 0.
        rate_multiplier: Factor of the learning rate of kernel and bias.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `units` is not a positive integer.
    """

    def __init__(
        self,
        units: int,
        gain: float = _HE,
        use_bias: bool = True,
        rate_multiplier: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = checks.positive_integer("units", units)
        self.gain = gain
        self.use_bias = use_bias
        self.rate_multiplier = rate_multiplier

    def add_weights(self, shape: Sequence[int]) -> None:
        """Creates kernel and bias.

        Args:
            shape: Of the kernel; the last axis is that of the outputs.
        """
        deviation = 1 / self.rate_multiplier
        self.kernel = self.add_weight(
            name="kernel",
            shape=shape,
            initializer=keras.initializers.RandomNormal(0.0, deviation),
        )
        fan_in = math.prod(shape[:-1])
        self.coefficient = self.gain / math.sqrt(fan_in) * self.rate_multiplier
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=shape[-1:], initializer="zeros"
            )

    def scaled_kernel(self) -> Any:
        """Returns the kernel as it is used."""
        return ops.multiply(self.kernel, self.coefficient)

    def with_bias(self, outputs: Any) -> Any:
        """Returns the outputs with the bias, if there is one."""
        if self.bias is None:
            return outputs
        return outputs + ops.multiply(self.bias, self.rate_multiplier)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "units": self.units,
            "gain": self.gain,
            "use_bias": self.use_bias,
            "rate_multiplier": self.rate_multiplier,
        }


@keras.saving.register_keras_serializable(package="zoo")
class EqualizedDense(_Equalized):
    """Dense layer with an equalized learning rate.

    Args:
        units: Number of outputs.
        gain: Factor of the kernel besides `1 / sqrt(fan_in)`, default
            `sqrt(2)`; 1 where no rectifier follows.
        use_bias: Whether there is a bias, default `True`.
        rate_multiplier: Factor of the learning rate, default 1.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `units` is not a positive integer.

    Input: `(batch, n)`. Output: `(batch, units)`.
    """

    def build(self, input_shape: Any) -> None:
        """Creates the weights."""
        self.add_weights((input_shape[-1], self.units))

    def call(self, inputs: Any) -> Any:
        """Returns `inputs @ kernel + bias`, both scaled."""
        return self.with_bias(ops.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns `(batch, units)`."""
        return (*input_shape[:-1], self.units)


@keras.saving.register_keras_serializable(package="zoo")
class EqualizedConv2D(_Equalized):
    """Convolution with an equalized learning rate that may change the size.

    With `resample="up"` the result is that of repeating each pixel twice in
    both directions and then convolving, with `"down"` that of convolving and
    then averaging 2x2 pixels. Each is one strided convolution of a kernel
    that is one wider, which costs less than half (as in StyleGAN's code).

    Args:
        units: Number of output channels.
        kernel_size: Height and width of the kernel, an odd integer; 3 when
            resampling.
        resample: `"up"`, `"down"` or `None`, the default.
        **kwargs: `gain`, the factor of the kernel besides `1 /
            sqrt(fan_in)`, `sqrt(2)`; `use_bias`, whether there is a bias,
            `True`; `rate_multiplier`, the factor of the learning rate, 1;
            `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: An argument out of its range.

    Input: `(batch, height, width, channels)`. Output: `(batch, height, width,
    units)`, twice or half as high and wide where asked for.
    """

    def __init__(
        self,
        units: int,
        kernel_size: int = 3,
        resample: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(units, **kwargs)
        self.kernel_size = checks.positive_integer("kernel_size", kernel_size)
        if kernel_size % 2 == 0 or (resample and kernel_size != 3):
            raise ValueError(
                "Argument `kernel_size` must be odd, and 3 when resampling. "
                f"Received: kernel_size={kernel_size!r}, resample={resample!r}"
            )
        self.resample = checks.one_of("resample", resample, _RESAMPLING)

    def build(self, input_shape: Any) -> None:
        """Creates the weights."""
        size = self.kernel_size
        self.add_weights((size, size, input_shape[-1], self.units))

    def call(self, inputs: Any) -> Any:
        """Returns the convolution."""
        kernel = self.scaled_kernel()
        if self.resample is None:
            outputs = backend.conv(inputs, kernel, (1, 1), "same")
        elif self.resample == "down":
            kernel = _spread(kernel) / 4
            outputs = backend.conv(inputs, kernel, (2, 2), "same")
        else:
            # A transposed convolution runs over its kernel backwards.
            kernel = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))
            outputs = backend.conv_transpose(
                inputs, _spread(kernel), (2, 2), "same"
            )
        return self.with_bias(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the resampled maps."""
        batch, height, width, _ = input_shape
        if self.resample == "up":
            height, width = 2 * height, 2 * width
        elif self.resample == "down":
            height, width = height // 2, width // 2
        return (batch, height, width, self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "resample": self.resample,
        }


def _spread(kernel):
    """Convolves a 3x3 kernel with 2x2 ones, which makes it 4x4."""
    x = ops.pad(kernel, [[1, 1], [1, 1], [0, 0], [0, 0]])
    # Not `1:` and `:-1`: PyTorch's exporter to ONNX loses the shape of those.
    first, last = slice(0, 4), slice(1, 5)
    spread = x[last, last] + x[last, first] + x[first, last] + x[first, first]
    return ops.reshape(spread, (4, 4, *map(int, kernel.shape[2:])))
