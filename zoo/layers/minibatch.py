"""Layers by which a discriminator sees how alike a batch's images are."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks


def _largest_divisor(number, limit):
    """Largest divisor of `number`, an integer or a tensor, up to `limit`."""
    if isinstance(number, int):
        return max(n for n in range(1, limit + 1) if number % n == 0)
    candidates = ops.arange(1, limit + 1)
    divides = ops.equal(number % candidates, 0)
    return ops.max(ops.where(divides, candidates, 1))


@keras.saving.register_keras_serializable(package="zoo")
class MinibatchStdDev(keras.layers.Layer):
    """Appends how much images of a group differ, as channels.

    The standard deviation over a group of each value, averaged over the image:
    Karras et al. 2018, arXiv:1710.10196, section 3; in groups, and for
    several channel ranges apart, as in StyleGAN. Of a batch of `n` images in
    `m` groups, images `i`, `i + m`, `i + 2 m`, ... form a group.

    Args:
        group_size: Images in a group, default 4; where a batch can't be
            divided into groups of that size, the largest smaller one that
            divides it.
        features: Channels to append, default 1; each is the average over a
            range of the inputs' channels, whose number it must divide.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: An argument is not a positive integer, or `features` does
            not divide the channels.

    Input: `(batch, ..., channels)`. Output: `(batch, ..., channels +
    features)`.
    """

    def __init__(self, group_size: int = 4, features: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.group_size = checks.positive_integer("group_size", group_size)
        self.features = checks.positive_integer("features", features)

    def build(self, input_shape: Any) -> None:
        """Checks that the features divide the channels."""
        if input_shape[-1] % self.features:
            raise ValueError(
                "Argument `features` must divide the number of channels, "
                f"{input_shape[-1]}. Received: features={self.features}"
            )

    def call(self, inputs: Any) -> Any:
        """Returns the inputs with the statistics as further channels."""
        shape = ops.shape(inputs)
        group = _largest_divisor(shape[0], self.group_size)
        channels = inputs.shape[-1] // self.features
        grouped = ops.reshape(
            ops.cast(inputs, "float32"),
            (group, shape[0] // group, -1, self.features, channels),
        )
        deviations = grouped - ops.mean(grouped, axis=0, keepdims=True)
        variance = ops.mean(ops.square(deviations), axis=0)
        statistics = ops.mean(ops.sqrt(variance + 1e-8), axis=(1, 3))
        statistics = ops.reshape(
            ops.tile(statistics, (group, 1)),
            (shape[0], *[1] * (len(shape) - 2), self.features),
        )
        statistics = ops.broadcast_to(
            ops.cast(statistics, inputs.dtype), (*shape[:-1], self.features)
        )
        return ops.concatenate([inputs, statistics], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input shape with `features` more channels."""
        return (*input_shape[:-1], input_shape[-1] + self.features)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "group_size": self.group_size,
            "features": self.features,
        }


@keras.saving.register_keras_serializable(package="zoo")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends how near each example is to the others of its batch.

    `o(x_i)_b = sum_j exp(-||M_i,b - M_j,b||_1)` with `M_i = f(x_i) T`:
    Salimans et al. 2016, arXiv:1606.03498, equation 3.2. As there, the sum
    includes `j = i`, a constant 1.

    Args:
        kernels: Number of similarities to append, the paper's B.
        dimensions: Length of the vectors compared for each, the paper's C.
        kernel_initializer: Initializer of T, default `"glorot_uniform"`.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `kernels` or `dimensions` is not a positive integer.

    Input: features `(batch, n)`. Output: `(batch, n + kernels)`.
    """

    def __init__(
        self,
        kernels: int,
        dimensions: int,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernels = checks.positive_integer("kernels", kernels)
        self.dimensions = checks.positive_integer("dimensions", dimensions)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        """Creates the tensor T, as a matrix."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.kernels * self.dimensions),
            initializer=self.kernel_initializer,
        )

    def call(self, inputs: Any) -> Any:
        """Returns the inputs with the similarities as further features."""
        vectors = ops.reshape(
            ops.cast(ops.matmul(inputs, self.kernel), "float32"),
            (-1, self.kernels, self.dimensions),
        )
        differences = ops.expand_dims(vectors, 0) - ops.expand_dims(vectors, 1)
        distances = ops.sum(ops.abs(differences), axis=-1)
        similarities = ops.sum(ops.exp(-distances), axis=0)
        return ops.concatenate(
            [inputs, ops.cast(similarities, inputs.dtype)], axis=-1
        )

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns `(batch, n + kernels)`."""
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "kernels": self.kernels,
            "dimensions": self.dimensions,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
