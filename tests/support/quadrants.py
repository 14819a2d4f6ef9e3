"""Features small enough to know, for tests of metrics."""

import numpy as np

from support.harness import random_images
from zoo.metrics import Evaluator


class Quadrants:
    """Means of an image's quadrants, and two classes: dark and bright.

    Attributes:
        calls: How often it was called.
    """

    name, version = "quadrants", "1"

    def __init__(self):
        self.calls = 0

    def __call__(self, images):
        """Returns features `(batch, 4)` in [0, 1], and logits `(batch, 2)`."""
        self.calls += 1
        x = images[..., 0] / 255
        h, w = x.shape[1] // 2, x.shape[2] // 2
        parts = [x[:, :h, :w], x[:, h:, :w], x[:, :h, w:], x[:, h:, w:]]
        pool = np.stack([p.mean((1, 2)) for p in parts], -1)
        bright = pool.mean(-1, keepdims=True) * 20 - 10
        return pool, np.concatenate([-bright, bright], -1)


def quadrant_evaluator(metrics=("fd",), count=200, **arguments):
    """Returns an `Evaluator` of `Quadrants`, of 300 random images."""
    defaults = {"features": Quadrants(), "reference": random_images(300)}
    return Evaluator(
        metrics, count=count, **({"cache": False} | defaults | arguments)
    )


def plain_images(*levels):
    """Returns uint8 images, each of one level, `(len(levels), 16, 16, 1)`."""
    levels = np.array(levels, "uint8")[:, None, None, None]
    return np.broadcast_to(levels, (len(levels), 16, 16, 1))
