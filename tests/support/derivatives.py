"""Values and gradients of functions, on the backend and by differences."""

import keras
import numpy as np
from keras import ops

from zoo import backend


def value_and_gradients(fn, *inputs, variables=(), dtype="float32"):
    """Returns `fn(*inputs)` and its sum's gradients, as float64 arrays.

    The gradients are those by `variables`, then those by `inputs`.
    """
    tensors = [ops.cast(ops.array(x), dtype) for x in inputs]
    recording = backend.record(fn, variables, tensors)
    gradients = recording.pullback(ops.ones_like(recording.outputs))
    return [to_numpy(x) for x in (recording.outputs, *gradients)]


def to_numpy(x):
    """Returns a tensor of any floating dtype as a float64 array."""
    x = ops.cast(x, "float32") if keras.backend.is_float_dtype(x.dtype) else x
    return np.array(ops.convert_to_numpy(x), "float64")


def differences(fn, x, width=1e-6):
    """Returns the gradient of a NumPy function by central differences."""
    x = np.asarray(x, "float64")
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = width
        gradient[index] = (fn(x + step) - fn(x - step)) / (2 * width)
    return gradient
