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


def slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Spherical interpolation: on the way, noise keeps the norm of noise.

    Shoemake 1985; Song et al. 2020, arXiv:2010.02502, equation 67.

    Args:
        a: `(count, ...)`.
        b: The same shape.
        share: How far to go from `a` to `b`, in [0, 1].

    Returns:
        Array of the same shape and dtype.
    """
    axes = tuple(range(1, a.ndim))
    squares = [np.sum(x**2, axes, keepdims=True) for x in (a, b)]
    cosine = np.sum(a * b, axes, keepdims=True) / np.sqrt(np.prod(squares, 0))
    angle = np.arccos(np.clip(cosine, -1, 1))
    # At no angle, or none that says which way to go, in a straight line.
    curved = np.sin(angle) > 1e-6
    sine = np.where(curved, np.sin(angle), 1)
    of_a = np.where(curved, np.sin((1 - share) * angle) / sine, 1 - share)
    of_b = np.where(curved, np.sin(share * angle) / sine, share)
    return (of_a * a + of_b * b).astype(a.dtype)
