"""Spectral normalization of a layer's kernel."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks

_TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
_EPSILON = 1e-12


def _normalized(vector):
    return vector / (ops.norm(vector) + _EPSILON)


@keras.saving.register_keras_serializable(package="zoo")
class SpectralNormalization(keras.layers.Wrapper):
    """Divides a layer's kernel by its largest singular value.

    Miyato et al. 2018, arXiv:1802.05957, algorithm 1. The kernel is seen as a
    matrix with a column for each output channel. Power iteration on a stored
    vector, one step per pass in training, estimates its largest singular value
    sigma; the gradient of sigma is part of the kernel's.

    The layers that this wraps are linear before their bias, so that to divide
    the inputs by sigma is to divide the kernel. The variable itself is never
    touched (`keras.layers.SpectralNormalization` overwrites it in each pass),
    and is saved as it is. Sigma and the division are float32 whatever the
    dtype of the wrapped layer, which sets that of the outputs.

    Args:
        layer: A dense, convolution or transposed convolution layer.
        iterations: Power iterations per pass in training, default 1.
        **kwargs: `name`, as of any Keras layer.

    Raises:
        ValueError: The layer has no kernel, or `iterations` is not a positive
            integer.

    Input and output: those of the wrapped layer.

    Example:
    ```python
    x = SpectralNormalization(Conv2D(64, 4, strides=2, padding="same"))(images)
    ```
    """

    def __init__(
        self, layer: keras.layers.Layer, iterations: int = 1, **kwargs: Any
    ):
        super().__init__(layer, **(kwargs | {"dtype": "float32"}))
        self.iterations = checks.positive_integer("iterations", iterations)

    def build(self, input_shape: Any) -> None:
        """Builds the wrapped layer, and the vector of the iteration."""
        super().build(input_shape)
        if getattr(self.layer, "kernel", None) is None:
            raise ValueError(
                "Argument `layer` must be a layer with a kernel, such as "
                f"Dense or Conv2D. Received: layer={self.layer!r}"
            )
        axis = -2 if isinstance(self.layer, _TRANSPOSED) else -1
        self.u = self.add_weight(
            name="u",
            shape=(self.layer.kernel.shape[axis],),
            initializer="random_normal",
            trainable=False,
            aggregation="mean",
        )

    def sigma(self, training: bool = False) -> Any:
        """Estimates the kernel's largest singular value.

        Args:
            training: Whether to improve the estimate, and keep that.

        Returns:
            float32 scalar, differentiable by the kernel.
        """
        kernel = ops.convert_to_tensor(self.layer.kernel)
        if isinstance(self.layer, _TRANSPOSED):
            kernel = ops.swapaxes(kernel, -1, -2)
        kernel = ops.reshape(kernel, (-1, kernel.shape[-1]))
        constant = ops.stop_gradient(kernel)
        u = _normalized(self.u)
        v = _normalized(ops.matmul(constant, u))
        if training:
            for _ in range(self.iterations):
                u = _normalized(ops.matmul(v, constant))
                v = _normalized(ops.matmul(constant, u))
            self.u.assign(u)
        return ops.sum(v * ops.matmul(kernel, u))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the layer's outputs with the normalized kernel."""
        sigma = ops.maximum(self.sigma(training), _EPSILON)
        return self.layer(inputs / sigma)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the wrapped layer's output shape."""
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """Returns shape and dtype of the wrapped layer's outputs."""
        return self.layer.compute_output_spec(inputs)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "iterations": self.iterations}
