"""Learning rates at steps whose values are known."""

import keras
import numpy as np
import pytest

from zoo.engine.learning_rates import LinearDecay


def test_stays_then_falls_to_zero():
    schedule = LinearDecay(2e-4, constant_steps=100, decay_steps=200)
    steps = {
        0: 1,
        99: 1,
        100: 1,
        150: 0.75,
        200: 0.5,
        299: 0.005,
        300: 0,
        999: 0,
    }
    for step, share in steps.items():
        assert float(schedule(step)) == pytest.approx(2e-4 * share, abs=1e-10)


def test_is_saved_with_its_optimizer():
    optimizer = keras.optimizers.Adam(LinearDecay(1e-3, 0, 10))
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    variable = keras.Variable([1.0])
    again.build([variable])
    assert float(again.learning_rate) == pytest.approx(1e-3)
    again.apply([keras.ops.array([1.0])], [variable])
    assert float(again.learning_rate) == pytest.approx(9e-4)
    moved = keras.ops.convert_to_numpy(variable)
    np.testing.assert_allclose(moved, [1 - 1e-3], rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((-1, 0, 1), "initial_learning_rate"),
        ((1, -1, 1), "constant_steps"),
        ((1, 0, 0), "decay_steps"),
    ],
)
def test_argument_errors(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        LinearDecay(*arguments)
