"""Dropout as a network's input: the noise z of Isola et al. 2017."""

import math
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops


class DropoutNoise:
    """The factors of dropout, for all maps that it acts on, in a row.

    Drawn like any latents and given to the network from outside, so that
    noise is the same on every backend and in batches of any size.

    Args:
        rate: Share of the factors that are 0, in [0, 1); the others are
            `1 / (1 - rate)`.
        shapes: Of the maps, `(height, width, channels)` each.

    Attributes:
        dim: Number of factors for an image, 0 without dropout.
    """

    def __init__(self, rate: float, shapes: Iterable[tuple[int, ...]]):
        self.rate = rate
        self.dim = sum(math.prod(shape) for shape in shapes) if rate else 0

    def sample(self, images: Any, seed: keras.random.SeedGenerator) -> Any:
        """Returns noise for a step's images, `(batch, dim)`."""
        shape = (ops.shape(images)[0], self.dim)
        return self._factors(keras.random.uniform(shape, seed=seed))

    def draw(self, count: int, seed: int | None, drop: bool) -> np.ndarray:
        """Returns noise of a seed, the same on every backend, `(count, dim)`.

        Args:
            count: Number of images.
            seed: Integer, or `None` for other noise each time.
            drop: Whether to drop anything; otherwise all factors are 1.
        """
        if not drop:
            return np.ones((count, self.dim), "float32")
        random = np.random.default_rng(seed)
        uniform = random.random((count, self.dim), "float32")
        return ops.convert_to_numpy(self._factors(uniform))

    def _factors(self, uniform):
        """Of numbers in [0, 1), returns 0 or what makes up for the zeros."""
        kept = ops.cast(uniform >= self.rate, "float32")
        return kept / (1 - self.rate)

    def nothing(self, images: Any) -> Any:
        """Returns factors that drop nothing, `(batch, dim)`."""
        return ops.ones((ops.shape(images)[0], self.dim))

    def beside(self, images: Any, noise: Any) -> Any:
        """Returns a network's inputs: images, and noise if it takes any."""
        return [images, noise] if self.rate else images
