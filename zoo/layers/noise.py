"""Noise that is added to images."""

from typing import Any

import keras
from keras import ops

from zoo.backend.seeds import SeedGenerator
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class InstanceNoise(keras.layers.Layer):
    """Adds normal noise in training, which fades as training goes on.

    Noise on real and generated images alike makes their distributions
    overlap: Sønderby et al. 2017, arXiv:1610.04490; Arjovsky and Bottou 2017,
    arXiv:1701.04862. Its standard deviation falls linearly to zero.

    A discriminator is called several times in a training step, so that calls
    are no measure of progress: the model's `train_step` calls `advance()`,
    once.

    Args:
        stddev: Standard deviation at the start, in the images' unit.
        steps: Training steps after which there is no noise, or `None` for
            noise that stays as it is.
        seed: Integer seed, or `None` for another one each time.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Raises:
        ValueError: `stddev` is negative or `steps` no positive integer.

    Input and output: `(batch, ...)`.
    """

    def __init__(
        self,
        stddev: float,
        steps: int | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if steps is not None:
            steps = checks.positive_integer("steps", steps)
        self.stddev = checks.not_negative("stddev", stddev)
        self.steps = steps
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.built = True

    def advance(self) -> None:
        """Counts a training step."""
        self.step.assign(self.step + 1)

    def current_stddev(self) -> Any:
        """Returns the standard deviation at this step, a float32 scalar."""
        if self.steps is None:
            return ops.convert_to_tensor(self.stddev, "float32")
        left = 1 - ops.cast(self.step, "float32") / self.steps
        return self.stddev * ops.relu(left)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the inputs, in training with noise."""
        if not training:
            return inputs
        noise = keras.random.normal(
            ops.shape(inputs), dtype="float32", seed=self.seed_generator
        )
        return inputs + ops.cast(self.current_stddev() * noise, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "stddev": self.stddev,
            "steps": self.steps,
            "seed": self.seed,
        }
