"""The learning rate that the `fashion_mnist` features were trained by."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Linear rise to the peak, then half a cosine to zero.

    Args:
        peak: Largest learning rate.
        steps: Number of all steps.
        warm_up: Share of the steps in which it rises, in (0, 1).
    """

    def __init__(self, peak: float, steps: int, warm_up: float):
        self.peak, self.steps, self.warm_up = peak, steps, warm_up

    def __call__(self, step: Any) -> Any:
        """Returns the learning rate at a step."""
        done = ops.cast(step, "float32") / self.steps
        rise = (done + 1 / self.steps) / self.warm_up
        fall = ops.clip((done - self.warm_up) / (1 - self.warm_up), 0, 1)
        fall = (1 + ops.cos(math.pi * fall)) / 2
        return self.peak * ops.minimum(rise, fall)

    def get_config(self) -> dict:
        """Returns the arguments."""
        return {
            "peak": self.peak,
            "steps": self.steps,
            "warm_up": self.warm_up,
        }
