"""Weights within a limit, after each update."""

import keras
import numpy as np
from support.derivatives import to_numpy

from zoo.layers import Clip


def test_clips_to_the_limit():
    w = np.array([-2.0, -0.25, 0.0, 0.125, 3.0], "float32")
    np.testing.assert_array_equal(
        to_numpy(Clip(0.25)(w)), [-0.25, -0.25, 0, 0.125, 0.25]
    )


def test_an_update_is_clipped():
    """From 0 by gradients of -1 and 1 at a rate of 1: to the limit."""
    variable = keras.Variable([0.0, 0.0])
    variable.constraint = Clip(0.5)
    keras.optimizers.SGD(1.0).apply([keras.ops.array([-1.0, 1.0])], [variable])
    np.testing.assert_array_equal(to_numpy(variable.value), [0.5, -0.5])


def test_is_made_again_from_its_config():
    config = keras.constraints.serialize(Clip(0.01))
    assert keras.constraints.deserialize(config).limit == 0.01
