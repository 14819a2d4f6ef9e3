"""Layers that the models share."""

import keras

from zoo import backend


@keras.saving.register_keras_serializable(package="zoo")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` that is fast on every backend.

    The same arguments, weights and outputs; only the way the active backend
    computes it and its gradients may differ.
    """

    def call(self, inputs):
        """Returns the transposed convolution of channels-last `inputs`."""
        outputs = backend.conv_transpose(
            inputs, self.kernel, self.strides, self.padding
        )
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)
