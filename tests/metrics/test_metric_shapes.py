"""Coverage and minimum matching distance, on sets made by hand."""

import numpy as np
import pytest

from zoo.metrics import coverage_and_matching, shape_distances

pytestmark = pytest.mark.backend_free

A = [1, 1, 0, 0, 0, 0]
B = [0, 0, 1, 1, 0, 0]
C = [0, 0, 0, 0, 1, 1]


def grids(*rows):
    """Rows of voxels as shapes `(count, 6, 1, 1, 1)`."""
    return np.array(rows, "float32").reshape(len(rows), 6, 1, 1, 1)


def test_distances_by_hand():
    """IoU of A with itself 1, with half of it 1/2, with {1, 2} 1/3."""
    others = grids(A, [1, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], B, [0] * 6)
    distances = shape_distances(grids(A), others)
    np.testing.assert_allclose(distances, [[0, 1 / 2, 2 / 3, 1, 1]])


def test_empty_shapes_are_equal():
    assert shape_distances(grids([0] * 6), grids([0] * 6)) == 0


def test_a_set_and_itself():
    real = grids(A, B, C)
    assert coverage_and_matching(real, real) == (1, 0)


def test_one_shape_again_and_again():
    """All match A: 1 of 3 covered; the others are at distance 1."""
    coverage, matching = coverage_and_matching(
        grids(A, B, C), grids(A, A, A, A)
    )
    assert coverage == pytest.approx(1 / 3)
    assert matching == pytest.approx(2 / 3)


def test_unlike_shapes_may_cover_but_match_badly():
    """Each is nearest to another one, with a third or half of its voxels."""
    generated = grids(
        [1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0]
    )
    coverage, matching = coverage_and_matching(grids(A, B, C), generated)
    assert coverage == 1
    assert matching == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)


def test_probabilities_are_cut_at_the_threshold():
    shape = 0.6 * grids(A)
    assert shape_distances(shape, grids(A)) == 0
    assert shape_distances(shape, grids(A), threshold=0.7) == 1


def test_by_loops():
    random = np.random.default_rng(0)
    one, other = random.random((2, 5, 3, 3, 3)) > 0.6
    expected = [[1 - (x & y).sum() / (x | y).sum() for y in other] for x in one]
    np.testing.assert_allclose(shape_distances(one, other), expected)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (np.zeros((0, 6)), "`generated`|`other`"),
        (np.zeros(6), r"Received: shape=\(6,\)"),
        (np.full((1, 6), np.nan), "values from nan"),
        (np.full((1, 6), 255), "values from 255"),
        (np.zeros((1, 7)), "one resolution"),
        (np.array([["a"]]), "dtype=<U1"),
    ],
)
def test_bad_shapes(shapes, message):
    with pytest.raises(ValueError, match=message):
        coverage_and_matching(grids(A), shapes)
