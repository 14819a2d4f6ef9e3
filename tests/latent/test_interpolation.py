"""Paths through latents: by angles and lengths that are known."""

import numpy as np
import pytest

from zoo.latent import interpolate, path, slerp

pytestmark = pytest.mark.backend_free

RANDOM = np.random.default_rng(0).normal(size=(4, 3, 5)).astype("float32")


def test_a_quarter_of_a_circle():
    """Radius 2, in three steps of 30 degrees."""
    found = interpolate([2.0, 0.0], [0.0, 2.0], 4, "slerp")
    turns = np.deg2rad([0, 30, 60, 90])
    expected = 2 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_a_straight_line():
    found = interpolate([0.0, 4.0], [3.0, 1.0], 4, "linear")
    np.testing.assert_allclose(found, [[0, 4], [1, 3], [2, 2], [3, 1]])


@pytest.mark.parametrize("method", ["linear", "slerp"])
@pytest.mark.parametrize("count", [2, 3, 10])
def test_ends_are_exact(method, count):
    found = interpolate(RANDOM[0], RANDOM[1], count, method)
    assert found.shape == (count, 3, 5)
    np.testing.assert_array_equal(found[[0, -1]], RANDOM[:2])


def test_unlike_lengths_are_on_the_way():
    """In the middle the components of both are alike."""
    middle = interpolate([1.0, 0.0], [0.0, 3.0], 3)[1]
    np.testing.assert_allclose(middle, np.sqrt(0.5) * np.array([1, 3]), 1e-6)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.0], [1.0, 2.0]),
        ([1.0, 2.0], [3.0, 6.0]),
        ([1.0, 2.0], [-1.0, -2.0]),
        ([0.0, 0.0], [1.0, 2.0]),
        ([1.0, 2.0], [0.0, 0.0]),
        ([0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_no_angle_is_a_straight_line(a, b):
    found = interpolate(a, b, 5, "slerp")
    np.testing.assert_allclose(found, np.linspace(a, b, 5), atol=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_lengths_whose_product_no_float_holds(size):
    a, b = np.float32([[size, 0]]), np.float32([[0, size]])
    middle = interpolate(a[0], b[0], 3)[1]
    np.testing.assert_allclose(middle, np.sqrt(0.5) * (a + b)[0], rtol=1e-5)


def test_each_of_a_batch_for_itself():
    both = slerp(RANDOM[:2], RANDOM[2:], 0.3)
    alone = [slerp(RANDOM[i : i + 1], RANDOM[i + 2 :][:1], 0.3) for i in (0, 1)]
    np.testing.assert_array_equal(both, np.concatenate(alone))


def test_paths_go_through_their_points():
    points = RANDOM[:3]
    line = path(points, 3)
    assert line.shape == (2 * 4 + 1, 3, 5)
    np.testing.assert_array_equal(line[::4], points)
    circle = path(points, 3, loop=True)
    assert circle.shape == (3 * 4, 3, 5)
    np.testing.assert_array_equal(circle[::4], points)
    np.testing.assert_array_equal(circle[:9], line)
    back = interpolate(points[2], points[0], 5)[:-1]
    np.testing.assert_array_equal(circle[8:], back)
    np.testing.assert_array_equal(path(points, 0), points)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], 3), "at least two latents. Received: 1"),
        (([[1.0], [np.inf]], 3), "`points` must be finite"),
        (([[1.0], [2.0]], -1), "`between` must be a positive"),
        (([[1.0], [2.0]], 1.5), "`between` must be a positive"),
        (([[1.0], [2.0]], 3, "cubic"), "`method` must be one of"),
        (("ab", 3), "`points` .*of numbers"),
    ],
)
def test_wrong_paths(arguments, message):
    with pytest.raises(ValueError, match=message):
        path(*arguments)


def test_wrong_pairs():
    with pytest.raises(ValueError, match=r"one shape\. .*\(1,\) and \(2,\)"):
        interpolate([1.0], [1.0, 2.0], 3)
    with pytest.raises(ValueError, match="`count` must be at least 2"):
        interpolate([1.0], [2.0], 1)
