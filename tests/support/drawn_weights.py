"""Weights for feature networks, drawn from a seed by NumPy."""

import zlib

import numpy as np


def draw_weights(shapes):
    """Returns a tensor for each name, in the checkpoint's layout.

    Scaled so that activations neither vanish nor explode: He's convolutions,
    and batch statistics near those of unit variance.

    Args:
        shapes: Shapes, by the checkpoint's names.

    Returns:
        float32 arrays (int64 for counters), by name.
    """
    return {k: _draw(k, shape) for k, shape in shapes.items()}


def _draw(name, shape):
    rng = np.random.default_rng([zlib.crc32(name.encode()), 0])
    if name.endswith("num_batches_tracked"):
        return np.array(0, "int64")
    if name.endswith("running_var") or (
        name.endswith("weight") and len(shape) == 1
    ):
        values = rng.uniform(0.7, 1.4, shape)
    elif name.endswith(("bias", "running_mean")):
        values = rng.normal(0, 0.1, shape)
    elif name.endswith("fc.weight"):
        values = rng.normal(0, shape[1] ** -0.5, shape)
    else:
        values = rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)
    return values.astype("float32")
