"""Renders of voxels: what is seen, from where, and in which light."""

import numpy as np
import pytest

from zoo.models.gan3d.rendering import render_voxels

pytestmark = pytest.mark.backend_free


def empty(n=8):
    return np.zeros((1, n, n, n), "float32")


def shade(pictures):
    """Brightness where there is a shape, NaN on the white ground."""
    grey = pictures[0].mean(axis=-1)
    return np.where(pictures[0, ..., 0] > 0.99, np.nan, grey)


def extent(picture):
    """First and last row and column of what is not white."""
    rows, columns = np.nonzero(np.isfinite(shade(picture)))
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_nothing_is_white():
    pictures = render_voxels(empty(), 10)
    assert pictures.shape == (1, 10, 10, 3)
    assert pictures.dtype == np.float32
    np.testing.assert_array_equal(pictures, 1)


def test_range_and_threshold():
    voxels = np.random.default_rng(0).random((3, 8, 8, 8, 1))
    pictures = render_voxels(voxels, 24)
    assert -1 <= pictures.min() < 0.5
    assert pictures.max() <= 1
    np.testing.assert_array_equal(pictures, render_voxels(voxels > 0.5, 24))
    np.testing.assert_array_equal(render_voxels(voxels, 24, threshold=1), 1)


def test_from_the_front_x_is_right_and_z_is_up():
    """The silhouette of a voxel; the grid fills the picture."""
    voxels = empty()
    voxels[0, 6, 3, 1] = 1
    picture = render_voxels(voxels, 16, azimuth=-90.0, elevation=0.0)
    assert extent(picture) == (12, 13, 12, 13)


def test_from_above():
    """What is farther along y is higher."""
    voxels = empty()
    voxels[0, 6, 1, 3] = 1
    picture = render_voxels(voxels, 16, azimuth=-90.0, elevation=90.0)
    assert extent(picture) == (12, 13, 12, 13)


def test_the_nearer_voxel_hides_the_other():
    """From the front, a plate at y = 2 hides all behind it."""
    near, both = empty(), empty()
    near[0, :, 2] = both[0, :, 2] = 1
    both[0, 2:6, 6, 2:6] = 1
    view = {"azimuth": -90.0, "elevation": 0.0}
    np.testing.assert_array_equal(
        render_voxels(near, 16, **view), render_voxels(both, 16, **view)
    )
    behind = {"azimuth": 90.0, "elevation": 0.0}
    assert not np.array_equal(
        render_voxels(near, 16, **behind), render_voxels(both, 16, **behind)
    )


def test_tops_are_lighter_than_sides():
    """A cube from the corner: three faces, the upper one the lightest."""
    cube = empty(12)
    cube[0, 3:9, 3:9, 3:9] = 1
    picture = shade(render_voxels(cube, 48))
    _, columns = np.nonzero(np.isfinite(picture))
    middle = (columns.min() + columns.max()) // 2
    column = picture[:, middle]
    column = column[np.isfinite(column)]
    assert column[3 : len(column) // 4].mean() > 0.2 + column[-8:-3].mean()


def test_silhouette_of_a_ball_is_a_disc():
    n = 24
    grid = np.mgrid[:n, :n, :n] - (n - 1) / 2
    ball = ((grid**2).sum(axis=0) < 100)[None]
    seen = np.isfinite(shade(render_voxels(ball, 48)))
    rows, columns = np.nonzero(seen)
    sides = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert sides[0] == pytest.approx(sides[1], abs=2)
    assert seen.sum() == pytest.approx(np.pi / 4 * np.prod(sides), rel=0.05)


@pytest.mark.parametrize("shape", [(4, 4, 4), (1, 4, 4, 5), (1, 4, 4, 4, 2)])
def test_shape_errors(shape):
    with pytest.raises(ValueError, match="Received: shape="):
        render_voxels(np.zeros(shape), 8)
