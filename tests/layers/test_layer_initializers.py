"""Initial weights by both fans."""

import keras
import numpy as np
from support.derivatives import to_numpy

from zoo.layers import FanAverage


def test_initializer_is_uniform_by_both_fans():
    values = to_numpy(FanAverage(2.0, seed=5)((3, 3, 50, 30)))
    limit = np.sqrt(3 * 2 / (9 * (50 + 30) / 2))
    assert 0.99 * limit < abs(values).max() <= limit
    assert abs(values.std() / (limit / np.sqrt(3)) - 1) < 0.02
    again = to_numpy(FanAverage(2.0, seed=5)((3, 3, 50, 30)))
    np.testing.assert_array_equal(values, again)
    assert abs(to_numpy(FanAverage(2.0)((3, 3, 50, 30))) - values).max() > 0


def test_variance_is_the_scale_over_the_mean_fan():
    values = to_numpy(FanAverage(0.5, seed=1)((200, 300)))
    np.testing.assert_allclose(values.var(), 0.5 / 250, rtol=0.02)
    np.testing.assert_allclose(values.mean(), 0, atol=1e-3)
    silent = to_numpy(FanAverage(0, seed=1)((200, 300)))
    np.testing.assert_allclose(silent.var(), 1e-10 / 250, rtol=0.02)


def test_the_seed_that_is_set_fixes_the_values():
    def draw(seed):
        keras.utils.set_random_seed(seed)
        return to_numpy(FanAverage()((3, 4)))

    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).all()
    config = FanAverage().get_config()
    np.testing.assert_array_equal(
        *[to_numpy(FanAverage(**config)((3, 4))) for _ in range(2)]
    )
