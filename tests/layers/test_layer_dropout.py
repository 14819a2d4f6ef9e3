"""Dropout by a saved seed, and by factors from outside."""

import keras
import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import Dropout, MultiplyByNoise

ONES = np.ones((100, 100), "float32")


def dropped(layer):
    return to_numpy(layer(ops.array(ONES), training=True))


def test_what_stays_is_scaled_to_keep_the_mean():
    values = dropped(Dropout(0.2))
    np.testing.assert_allclose(np.unique(values), [0, 1 / 0.8], rtol=1e-6)
    np.testing.assert_allclose((values == 0).mean(), 0.2, atol=0.02)


@pytest.mark.parametrize(("rate", "training"), [(0.2, False), (0.0, True)])
def test_nothing_is_dropped(rate, training):
    x = ops.array(ONES)
    assert Dropout(rate)(x, training=training) is x


def test_seed_is_state_and_set_by_keras():
    keras.utils.set_random_seed(3)
    layer = Dropout(0.5)
    (state,) = layer.variables
    before = ops.copy(state.value)
    first, second = dropped(layer), dropped(layer)
    assert (first != second).any()
    state.assign(before)
    np.testing.assert_array_equal(dropped(layer), first)
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(dropped(Dropout(0.5)), first)


@pytest.mark.parametrize("rate", [-0.1, 1.0, "half"])
def test_bad_rates(rate):
    with pytest.raises(ValueError, match=r"`rate`.*Received: rate="):
        Dropout(rate)


def test_maps_take_their_part_of_the_factors():
    """Two maps of 2 x 1 and 1 x 2 values, and a row of four factors."""
    one, other = ops.ones((1, 2, 1, 1)), ops.full((1, 1, 2, 1), 10.0)
    factors = ops.array([[1.0, 2.0, 3.0, 4.0]])
    first = to_numpy(MultiplyByNoise(0)([one, factors]))
    second = to_numpy(MultiplyByNoise(2)([other, factors]))
    np.testing.assert_array_equal(first[0, :, 0, 0], [1, 2])
    np.testing.assert_array_equal(second[0, 0, :, 0], [30, 40])


def test_factors_are_of_their_own_image():
    x, factors = ops.ones((2, 1, 1, 1)), ops.array([[2.0], [3.0]])
    made = to_numpy(MultiplyByNoise(0)([x, factors]))
    np.testing.assert_array_equal(made.ravel(), [2, 3])
