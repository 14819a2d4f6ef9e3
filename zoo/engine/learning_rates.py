"""Learning rates that change as a training goes on."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that stays as it is and then falls to 0 on a line.

    CycleGAN's (Zhu et al. 2017, section 4) stays for 100 epochs and falls for
    100; that of WGAN-GP's residual networks falls from the start.

    Args:
        initial_learning_rate: The rate at first.
        constant_steps: Updates before it falls.
        decay_steps: Updates in which it falls to 0, where it then stays.

    Raises:
        ValueError: A rate or a number of updates that is negative, or
            `decay_steps` not positive.

    Example:
    ```python
    steps = 100 * len(dataset)
    rate = zoo.learning_rates.LinearDecay(2e-4, steps, steps)
    model.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
    )
    ```
    """

    def __init__(
        self,
        initial_learning_rate: float,
        constant_steps: float,
        decay_steps: int,
    ):
        self.initial_learning_rate = checks.not_negative(
            "initial_learning_rate", initial_learning_rate
        )
        self.constant_steps = checks.not_negative(
            "constant_steps", constant_steps
        )
        self.decay_steps = checks.positive_integer("decay_steps", decay_steps)

    def __call__(self, step: Any) -> Any:
        """Returns the rate of an update, the first of which is 0."""
        fallen = ops.cast(step, "float32") - self.constant_steps
        left = 1 - fallen / self.decay_steps
        return self.initial_learning_rate * ops.clip(left, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "constant_steps": self.constant_steps,
            "decay_steps": self.decay_steps,
        }
