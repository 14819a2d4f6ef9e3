"""Kernel distance: naive loops, statistics of halves, torch-fidelity."""

import pathlib

import numpy as np
import pytest

from zoo.metrics import kernel_distance

pytestmark = pytest.mark.backend_free

GOLDEN = np.load(pathlib.Path(__file__).with_name("golden.npz"))


def naive(x, y, kernel):
    """Unbiased estimate, equation (4) of arXiv:1801.01401, term by term."""
    m, n = len(x), len(y)
    value = 0.0
    for i in range(m):
        for j in range(m):
            value += kernel(x[i], x[j]) / (m * (m - 1)) if i != j else 0
    for i in range(n):
        for j in range(n):
            value += kernel(y[i], y[j]) / (n * (n - 1)) if i != j else 0
    for i in range(m):
        for j in range(n):
            value -= 2 * kernel(x[i], y[j]) / (m * n)
    return value


def test_naive_double_loop():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(12, 5)), random.normal(size=(12, 5)) + 1
    mean, std = kernel_distance(x, y, subsets=3, subset_size=12)
    expected = naive(x, y, lambda a, b: (a @ b / 5 + 1) ** 3)
    assert mean == pytest.approx(expected, rel=1e-10)
    assert std == pytest.approx(0, abs=1e-10)
    mean, _ = kernel_distance(x, y, 1, 12, degree=2, gamma=0.7, coef0=0.5)
    expected = naive(x, y, lambda a, b: (0.7 * a @ b + 0.5) ** 2)
    assert mean == pytest.approx(expected, rel=1e-10)


def test_torch_fidelity():
    distance = kernel_distance(GOLDEN["one"], GOLDEN["two"], 7, 60)
    assert distance == pytest.approx(GOLDEN["kid"], rel=1e-6)


def test_halves_of_one_set_are_at_zero_within_the_error():
    random = np.random.default_rng(0)
    features = random.normal(size=(2000, 8))
    apart = features[1000:] + 0.5
    mean, std = kernel_distance(features[:1000], features[1000:], 50, 200)
    error = std / np.sqrt(1000 / 200)  # As many subsets are independent.
    assert abs(mean) < 3 * error
    mean, _ = kernel_distance(features[:1000], apart, 50, 200)
    assert mean > 30 * error


def test_seed_draws_the_subsets():
    sets = GOLDEN["one"], GOLDEN["two"]
    values = [kernel_distance(*sets, 3, 50, seed=seed) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features1": np.ones((9, 3))}, "Received: 9 samples"),
        ({"features2": np.ones((9, 3))}, "Received: 9 samples"),
        ({"features2": np.ones((10, 4))}, r"Received: shape=\(10, 4\)"),
        ({"features1": np.full((10, 3), np.nan)}, "10 of 10 rows with NaN"),
        ({"features1": np.ones(10)}, r"Received: shape=\(10,\)"),
        ({"subset_size": 1}, "Received: subset_size=1"),
        ({"subset_size": 2.5}, "Received: subset_size=2.5"),
        ({"subsets": 0}, "Received: subsets=0"),
        ({"degree": 0}, "Received: degree=0"),
        ({"gamma": np.inf}, "Received: gamma=inf"),
        ({"coef0": "1"}, "Received: coef0='1'"),
    ],
)
def test_bad_arguments(change, message):
    arguments = {"features1": np.ones((10, 3)), "features2": np.ones((10, 3))}
    with pytest.raises(ValueError, match=message):
        kernel_distance(**arguments | {"subset_size": 10} | change)
