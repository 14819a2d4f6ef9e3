"""Dropout from outside: its factors, their seeds, and the inputs it joins."""

import keras
import numpy as np
from keras import ops

from zoo.models.translation.dropout_noise import DropoutNoise

SHAPES = [(2, 2, 8), (4, 4, 8)]


def test_factors_are_zero_or_make_up_for_the_zeros():
    noise = DropoutNoise(0.2, SHAPES)
    assert noise.dim == 2 * 2 * 8 + 4 * 4 * 8
    images = ops.zeros((500, 4, 4, 1))
    sampled = noise.sample(images, keras.random.SeedGenerator(0))
    for factors in (ops.convert_to_numpy(sampled), noise.draw(500, 0, True)):
        assert factors.shape == (500, noise.dim)
        kept = factors > 0
        np.testing.assert_allclose(factors[kept], 1 / 0.8, rtol=1e-6)
        np.testing.assert_allclose(kept.mean(), 0.8, atol=0.01)


def test_a_seed_fixes_the_noise():
    noise = DropoutNoise(0.5, SHAPES)
    first = noise.draw(2, 7, True)
    np.testing.assert_array_equal(first, noise.draw(2, 7, True))
    assert (first != noise.draw(2, 8, True)).any()
    assert (noise.draw(2, None, True) != noise.draw(2, None, True)).any()


def test_nothing_dropped_is_ones():
    noise, images = DropoutNoise(0.5, SHAPES), np.zeros((3, 4, 4, 1))
    for ones in (noise.nothing(images), noise.draw(3, 0, False)):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(ones), np.ones((3, noise.dim))
        )
    joined = noise.beside(images, ones)
    assert joined[0] is images
    assert joined[1] is ones


def test_a_rate_of_zero_is_no_input():
    noise, images = DropoutNoise(0, SHAPES), np.zeros((3, 4, 4, 1))
    assert noise.dim == 0
    assert noise.beside(images, noise.draw(3, 0, True)) is images
