"""Convolutions that are fast on every backend."""

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from zoo import backend

# What follows is mixed with Keras' layers, which have no types.
if TYPE_CHECKING:
    _Mixin = Any
else:
    _Mixin = object


class _Convolution(_Mixin):
    """What the convolutions add to the Keras layers of the same names."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Returns the convolution of channels-last `inputs`."""
        plain = self.groups == 1 and set(self.dilation_rate) == {1}
        if plain and self.data_format == "channels_last":
            return backend.conv(inputs, kernel, self.strides, self.padding)
        return super().convolution_op(inputs, kernel)


class _TransposedConvolution(_Mixin):
    """What the transposed convolutions add to Keras' layers."""

    def call(self, inputs: Any) -> Any:
        """Returns the transposed convolution of `inputs`."""
        plain = set(self.dilation_rate) == {1} and self.output_padding is None
        if not plain or self.data_format != "channels_last":
            return super().call(inputs)
        outputs = backend.conv_transpose(
            inputs, self.kernel, self.strides, self.padding
        )
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)


@keras.saving.register_keras_serializable(package="zoo")
class Conv2D(_Convolution, keras.layers.Conv2D):
    """`keras.layers.Conv2D` that is fast on every backend.

    The same arguments, weights and outputs; only the way in which the active
    backend computes it and its gradients may differ.

    Input: `(batch, height, width, channels)`. Output: `(batch, height, width,
    filters)`, of the size that strides and padding give.
    """


@keras.saving.register_keras_serializable(package="zoo")
class Conv2DTranspose(_TransposedConvolution, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` that is fast on every backend.

    The same arguments, weights and outputs; only the way in which the active
    backend computes it and its gradients may differ.

    Input: `(batch, height, width, channels)`. Output: `(batch, height, width,
    filters)`, of the size that strides and padding give.
    """


@keras.saving.register_keras_serializable(package="zoo")
class Conv3D(_Convolution, keras.layers.Conv3D):
    """`keras.layers.Conv3D` that is fast on every backend.

    The same arguments, weights and outputs; only the way in which the active
    backend computes it and its gradients may differ.

    Input: `(batch, depth, height, width, channels)`. Output: `(batch, depth,
    height, width, filters)`, of the size that strides and padding give.
    """


@keras.saving.register_keras_serializable(package="zoo")
class Conv3DTranspose(_TransposedConvolution, keras.layers.Conv3DTranspose):
    """`keras.layers.Conv3DTranspose` that is fast on every backend.

    The same arguments, weights and outputs; only the way in which the active
    backend computes it and its gradients may differ.

    Input: `(batch, depth, height, width, channels)`. Output: `(batch, depth,
    height, width, filters)`, of the size that strides and padding give.
    """
