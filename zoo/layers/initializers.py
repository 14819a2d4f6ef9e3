"""Initial values of weights."""

import math
import random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class FanAverage(keras.initializers.Initializer):
    """DDPM's initializer: uniform, by the mean of fan-in and fan-out.

    Ho et al. 2020, arXiv:2006.11239, in the authors' code. The same as
    `keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")`, but
    drawn by NumPy: the same numbers on every backend, and JAX need not
    compile a program for each of a network's many shapes.

    Args:
        scale: Variance times the mean of both fans. 0 stands for 1e-10, as in
            the paper's code.
        seed: Integer; `None` draws one from Python's `random`, which
            `keras.utils.set_random_seed` sets.
    """

    def __init__(self, scale: float = 1.0, seed: int | None = None):
        self.scale = scale
        self.seed = random.randrange(2**31) if seed is None else seed

    def __call__(
        self, shape: Sequence[int], dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Returns a tensor of `shape`, whose last axes are in and out."""
        fans = math.prod(shape[:-2]) * (shape[-2] + shape[-1]) / 2
        limit = math.sqrt(3 * max(self.scale, 1e-10) / fans)
        values = np.random.default_rng(self.seed).uniform(-limit, limit, shape)
        return ops.convert_to_tensor(values, dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"scale": self.scale, "seed": self.seed}
