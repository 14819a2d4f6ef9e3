"""What tells a network of classes and of times."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import AppendClasses, TimeEmbedding


def test_classes_are_constant_channels():
    x = np.arange(2 * 2 * 3 * 1, dtype="float32").reshape(2, 2, 3, 1)
    classes = np.array([[0, 1], [1, 0]], "float32")
    made = to_numpy(AppendClasses()([ops.array(x), ops.array(classes)]))
    assert made.shape == (2, 2, 3, 3)
    np.testing.assert_array_equal(made[..., :1], x)
    np.testing.assert_array_equal(made[0, ..., 1:], np.tile([0, 1], (2, 3, 1)))
    np.testing.assert_array_equal(made[1, ..., 1:], np.tile([1, 0], (2, 3, 1)))


def test_classes_follow_latents():
    made = AppendClasses()([ops.array([[5.0, 6.0]]), ops.array([[0, 1, 0]])])
    np.testing.assert_array_equal(to_numpy(made), [[5, 6, 0, 1, 0]])
    shape = AppendClasses().compute_output_shape([(None, 2), (None, 3)])
    assert shape == (None, 5)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("shift", [0, 1])
def test_time_embedding_by_hand(first, shift):
    times = np.array([0, 0.25, 7, 999], "float32")
    layer = TimeEmbedding(6, shift=shift, cosine_first=first, scale=2.0)
    angles = 2 * times[:, None] * 10000.0 ** -(np.arange(3) / (3 - shift))
    parts = [np.sin(angles), np.cos(angles)]
    expected = np.concatenate(parts[::-1] if first else parts, -1)
    np.testing.assert_allclose(to_numpy(layer(times)), expected, atol=1e-4)


def test_largest_wavelength():
    """DDPM's last sinusoid is of `t / max_period`; the first is of `t`."""
    made = to_numpy(TimeEmbedding(8, max_period=100)(np.array([50.0])))
    np.testing.assert_allclose(made[0, [0, 3]], np.sin([50, 0.5]), atol=1e-5)
    np.testing.assert_allclose(made[0, [4, 7]], np.cos([50, 0.5]), atol=1e-5)


def test_steps_differ_in_mixed_precision():
    """In bfloat16, 999 and 1000 would be one number."""
    layer = TimeEmbedding(8, dtype="mixed_bfloat16")
    one, other = to_numpy(layer(np.array([999.0, 1000.0])))
    assert np.abs(one - other).max() > 0.1
