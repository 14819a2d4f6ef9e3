"""Noise that depends on the seed and the image's number, and on no more."""

from collections.abc import Sequence

import numpy as np


class NoiseStreams:
    """A stream of normal noise for each image.

    The same on every backend, and for any batch size and count: the first
    images of many are those of few.

    Args:
        seed: Integer, or `None` for other noise each time.
        count: Number of images.
        shape: Shape of an image.

    Raises:
        ValueError: A negative seed.
    """

    def __init__(self, seed: int | None, count: int, shape: Sequence[int]):
        self.shape = tuple(shape)
        self.generators = [
            np.random.default_rng(child)
            for child in np.random.SeedSequence(seed).spawn(count)
        ]

    def draw(self, images: slice, steps: int) -> np.ndarray:
        """Returns the next noise of some images.

        Args:
            images: Which ones.
            steps: How much of it.

        Returns:
            float32 array `(steps, images, *shape)` from N(0, 1).
        """
        size = (steps, *self.shape)
        drawn = [
            generator.standard_normal(size, "float32")
            for generator in self.generators[images]
        ]
        return np.stack(drawn, axis=1)

    def start(self) -> np.ndarray:
        """Returns the noise to start from, `(count, *shape)`."""
        return self.draw(slice(None), 1)[0]
