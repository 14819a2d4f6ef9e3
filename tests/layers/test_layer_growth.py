"""How far a network has grown, as a table, and how layers are faded in."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import FadeIn, Growth


def growth(**arguments):
    defaults = {"first": 1, "last": 3, "fade_images": 4, "stable_images": 6}
    return Growth(**(defaults | arguments))


def test_schedule():
    """8 px for 6 images, 16 px for 4 and 6, then 32 px for good."""
    layer = growth()
    seen = []
    for _ in range(16):
        if layer.is_due():
            layer.grow()
        stage = int(to_numpy(layer.stage))
        seen.append((stage, float(to_numpy(layer.level()))))
        layer.advance(2)
    fading = [0.0, 0.5]
    expected = [(1, 1.0)] * 3
    expected += [(2, 1 + alpha) for alpha in fading] + [(2, 2.0)] * 3
    expected += [(3, 2 + alpha) for alpha in fading] + [(3, 3.0)] * 6
    np.testing.assert_allclose(seen, expected, atol=1e-6)


def test_without_growing():
    layer = growth(first=3)
    assert not layer.is_due()
    level = to_numpy(layer(ops.zeros((2, 5))))
    np.testing.assert_array_equal(level, [[3], [3]])


@pytest.mark.parametrize(
    ("level", "alpha"), [(0.0, 0), (1.0, 0), (1.25, 0.25), (2.0, 1), (3.0, 1)]
)
def test_fade_in(level, alpha):
    """Layers of stage 2 come in between levels 1 and 2."""
    before, after = np.random.default_rng(0).standard_normal((2, 3, 2, 2, 1))
    inputs = [before, after, np.full((3, 1), level)]
    y = FadeIn(2)([ops.array(x, "float32") for x in inputs])
    expected = (1 - alpha) * before + alpha * after
    np.testing.assert_allclose(to_numpy(y), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["fade_images", "stable_images"])
def test_bad_arguments(name):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {name}=0"):
        growth(**{name: 0})
