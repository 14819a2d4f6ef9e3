"""Batch normalization whose statistics come from a fixed reference batch.

A network's reference batch travels through it in front of the batch, so that
each layer sees what the current weights make of it:

```python
x = images = keras.Input((32, 32, 3))
x = ReferenceBatch(64)(x)                # (64 + batch, 32, 32, 3)
x = Conv2D(32, 4, 2, "same")(x)
x = VirtualBatchNormalization(64)(x)     # knows the first 64 examples
x = DropReference(64)(x)                 # (batch, 16, 16, 32)
```

No statistics have to be stored, nor brought up to date when weights move, and
the network is the same function of each example in training and afterwards.
The price is a batch larger by the reference.
"""

from typing import Any

import keras
from keras import ops

from zoo.layers.normalization import Affine, moments, normalized
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class ReferenceBatch(keras.layers.Layer):
    """Puts a fixed reference batch in front of the batch.

    The reference is a weight, saved with the network and never trained. It is
    drawn from N(0, 1), as latents are; set it to images for a discriminator.

    Args:
        size: Examples in the reference batch.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `size` is not a positive integer.

    Input: `(batch, ...)`. Output: `(size + batch, ...)`.
    """

    def __init__(self, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = checks.positive_integer("size", size)

    def build(self, input_shape: Any) -> None:
        """Draws the reference batch."""
        self.reference = self.add_weight(
            name="reference",
            shape=(self.size, *input_shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            aggregation="mean",
        )

    def set_reference(self, examples: Any) -> None:
        """Sets the reference batch.

        Args:
            examples: Array `(size, ...)`, as the inputs.

        Raises:
            ValueError: Another shape.
        """
        shape = tuple(self.reference.shape)
        if tuple(examples.shape) != shape:
            raise ValueError(
                f"Argument `examples` must be of shape {shape}. "
                f"Received: examples of shape {tuple(examples.shape)}"
            )
        self.reference.assign(examples)

    def call(self, inputs: Any) -> Any:
        """Returns the reference, then the inputs."""
        reference = ops.cast(self.reference, inputs.dtype)
        return ops.concatenate([reference, inputs], axis=0)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape with a batch larger by the reference."""
        batch = input_shape[0]
        return (None if batch is None else batch + self.size, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="zoo")
class DropReference(keras.layers.Layer):
    """Takes the reference batch away that `ReferenceBatch` put in front.

    Args:
        size: Examples in the reference batch.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `size` is not a positive integer.

    Input: `(size + batch, ...)`. Output: `(batch, ...)`.
    """

    def __init__(self, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = checks.positive_integer("size", size)

    def call(self, inputs: Any) -> Any:
        """Returns the inputs after the reference."""
        return inputs[self.size :]

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape with a batch smaller by the reference."""
        batch = input_shape[0]
        return (None if batch is None else batch - self.size, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="zoo")
class ReferenceBatchNormalization(Affine):
    """Normalizes by the statistics of the reference batch alone.

    Salimans et al. 2016, arXiv:1606.03498, section 3.4. Statistics are over
    the examples and all axes but the channels.

    Args:
        reference_size: Examples at the front of the batch that are the
            reference; see `ReferenceBatch`.
        **kwargs: `epsilon`, added to variances, 1e-5; `scale` and `center`,
            whether there are a scale gamma and a shift beta, both `True`;
            `gamma_initializer`, `"ones"`; `name` and `dtype`, as of any
            Keras layer.

    Raises:
        ValueError: `reference_size` is not a positive integer.

    Input and output: `(reference_size + batch, ..., channels)`.
    """

    def __init__(self, reference_size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.reference_size = checks.positive_integer(
            "reference_size", reference_size
        )

    def call(self, inputs: Any) -> Any:
        """Returns the normalized reference and batch."""
        x = ops.cast(inputs, "float32")
        reference, batch = x[: self.reference_size], x[self.reference_size :]
        statistics = moments(reference, tuple(range(len(x.shape) - 1)))
        parts = [
            normalized(reference, *statistics, self.epsilon),
            normalized(batch, *self.joint(batch, *statistics), self.epsilon),
        ]
        return self.affine(ops.concatenate(parts, axis=0))

    def joint(self, batch: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
        """Returns mean and variance to normalize the batch by.

        Args:
            batch: Examples behind the reference.
            mean: Of the reference, `(1, ..., channels)`.
            variance: Of the reference, of the same shape.

        Returns:
            Two tensors that broadcast to the batch.
        """
        del batch
        return mean, variance

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "reference_size": self.reference_size,
        }


@keras.saving.register_keras_serializable(package="zoo")
class VirtualBatchNormalization(ReferenceBatchNormalization):
    """Normalizes each example by the reference batch and itself.

    As `ReferenceBatchNormalization`, with the example as one more of the
    `n + 1` that statistics are of, so that the reference is not overfitted:
    Salimans et al. 2016, arXiv:1606.03498, section 3.4. The reference itself
    is normalized by its own statistics.

    Args:
        reference_size: Examples at the front of the batch that are the
            reference; see `ReferenceBatch`.
        **kwargs: `epsilon`, added to variances, 1e-5; `scale` and `center`,
            whether there are a scale gamma and a shift beta, both `True`;
            `gamma_initializer`, `"ones"`; `name` and `dtype`, as of any
            Keras layer.

    Raises:
        ValueError: `reference_size` is not a positive integer.

    Input and output: `(reference_size + batch, ..., channels)`.
    """

    def joint(self, batch: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
        """Returns moments of the reference with each example in turn."""
        axes = tuple(range(1, len(batch.shape) - 1))
        own_mean, own_variance = moments(batch, axes)
        share = 1 / (self.reference_size + 1)
        joint_mean = mean + share * (own_mean - mean)
        # Of a mixture: variances within, and of the means about the mean.
        joint_variance = (1 - share) * variance + share * own_variance
        joint_variance += share * (1 - share) * ops.square(own_mean - mean)
        return joint_mean, joint_variance
