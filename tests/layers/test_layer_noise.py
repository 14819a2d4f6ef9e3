"""Instance noise: how much, when, and which."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import InstanceNoise

ZEROS = np.zeros((100, 100), "float32")


def noise(layer):
    return to_numpy(layer(ops.array(ZEROS), training=True))


def test_stddev_falls_linearly_to_zero():
    layer = InstanceNoise(stddev=0.2, steps=4)
    found = []
    for _ in range(6):
        found.append(noise(layer).std())
        noise(layer)  # Calls do not count.
        layer.advance()
    np.testing.assert_allclose(
        found, [0.2, 0.15, 0.1, 0.05, 0, 0], rtol=0.03, atol=1e-9
    )


def test_noise_that_stays():
    layer = InstanceNoise(stddev=0.5)
    for _ in range(3):
        layer.advance()
    values = noise(layer)
    np.testing.assert_allclose(values.std(), 0.5, rtol=0.03)
    np.testing.assert_allclose(values.mean(), 0, atol=0.02)


def test_none_in_inference():
    x = ops.array(ZEROS)
    assert InstanceNoise(1.0)(x) is x


def test_noise_is_new_in_each_call_and_fixed_by_the_seed():
    one, other = InstanceNoise(1.0, seed=3), InstanceNoise(1.0, seed=3)
    first, second = noise(one), noise(one)
    assert (first != second).mean() > 0.99
    np.testing.assert_array_equal(noise(other), first)
    np.testing.assert_array_equal(noise(other), second)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"stddev": -0.1}, "stddev"),
        ({"stddev": 0.1, "steps": 0}, "steps"),
        ({"stddev": 0.1, "steps": 2.5}, "steps"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"Received: {name}="):
        InstanceNoise(**arguments)
