"""Metrics of nearest neighbours: loops, modes, torch-fidelity."""

import pathlib

import numpy as np
import pytest

from zoo.metrics import density_coverage, precision_recall

pytestmark = pytest.mark.backend_free

GOLDEN = np.load(pathlib.Path(__file__).with_name("golden.npz"))


def distance(x, y):
    return np.sqrt(((x - y) ** 2).sum())


def radius(samples, i, k):
    others = [x for j, x in enumerate(samples) if j != i]
    return sorted(distance(samples[i], x) for x in others)[k - 1]


def part_on_manifold(points, samples, k):
    inside = [
        any(
            distance(point, samples[i]) <= radius(samples, i, k)
            for i in range(len(samples))
        )
        for point in points
    ]
    return np.mean(inside)


def two_sets(one=30, two=30):
    random = np.random.default_rng(0)
    real = random.normal(size=(one, 2))
    return real, 0.8 * random.normal(size=(two, 2)) + 1


@pytest.mark.parametrize("block_size", [7, 30, 2048])
@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_by_loops(k, block_size):
    real, generated = two_sets(30, 26)
    expected = (
        part_on_manifold(generated, real, k),
        part_on_manifold(real, generated, k),
    )
    assert 0 < min(expected) < max(expected) < 1
    assert precision_recall(real, generated, k, block_size) == expected


@pytest.mark.parametrize("block_size", [7, 30, 2048])
@pytest.mark.parametrize("k", [1, 5])
def test_density_and_coverage_by_loops(k, block_size):
    real, generated = two_sets(30, 26)
    inside = np.array(
        [
            [distance(x, y) < radius(real, i, k) for y in generated]
            for i, x in enumerate(real)
        ]
    )
    density, coverage = density_coverage(real, generated, k, block_size)
    assert density == pytest.approx(inside.sum() / (k * len(generated)))
    assert coverage == inside.any(axis=1).mean()


def test_torch_fidelity():
    values = precision_recall(GOLDEN["one"], GOLDEN["two"])
    assert values == pytest.approx(GOLDEN["precision_recall"], rel=1e-6)


def test_identical_sets():
    real = two_sets()[0]
    assert precision_recall(real, real) == (1, 1)
    assert density_coverage(real, real) == (1, 1)


def test_distant_sets():
    real, generated = two_sets()
    assert precision_recall(real, generated + 100) == (0, 0)
    assert density_coverage(real, generated + 100) == (0, 0)


def test_far_from_the_origin_and_in_float32():
    """Squared norms of 10^12 leave no digits of float32 for distances."""
    real, generated = (np.round(x * 64) / 64 for x in two_sets())
    expected = precision_recall(real, generated)
    far = [np.float32(x + 2.0**16) for x in (real, generated)]
    assert precision_recall(*far) == expected
    assert density_coverage(*far) == density_coverage(real, generated)


def test_repeated_samples_have_balls_of_radius_zero():
    samples = np.repeat(np.random.default_rng(0).normal(size=(5, 64)), 4, 0)
    assert precision_recall(samples, samples, block_size=3) == (1, 1)
    assert precision_recall(samples, samples + 1e-3) == (0, 0)


def modes(count, centres, scale=1.0, seed=0):
    random = np.random.default_rng(seed)
    which = np.arange(count) % len(centres)
    noise = random.normal(size=(count, 8), scale=scale)
    return noise + 20 * np.eye(8)[np.array(centres)[which]]


def test_a_missing_mode_lowers_recall_and_coverage():
    real = modes(600, [0, 1, 2])
    whole, part = modes(600, [0, 1, 2], seed=1), modes(600, [0, 1], seed=1)
    for metric in (precision_recall, density_coverage):
        good, bad = metric(real, whole), metric(real, part)
        assert bad[0] > 0.9 * good[0]
        assert bad[1] < 0.75 * good[1]


def test_widening_lowers_precision_and_narrowing_lowers_recall():
    real = modes(600, [0, 1, 2])
    same, wide, narrow = (modes(600, [0, 1, 2], x, 1) for x in (1, 2, 0.3))
    precision, recall = precision_recall(real, same)
    assert precision_recall(real, wide)[0] < 0.3 * precision
    assert density_coverage(real, wide)[0] < 0.3
    narrowed = precision_recall(real, narrow)
    assert narrowed[0] == 1
    assert narrowed[1] < 0.3 * recall


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"neighbours": 10}, "at least 11 samples. Received: 10 samples"),
        ({"neighbours": 0}, "Received: neighbours=0"),
        ({"block_size": 0}, "Received: block_size=0"),
        ({"real": np.full((10, 3), np.inf)}, "10 of 10 rows with NaN"),
        ({"generated": np.ones((10, 4))}, r"Received: shape=\(10, 4\)"),
        ({"generated": np.ones((10, 3, 1))}, r"Received: shape=\(10, 3, 1\)"),
    ],
)
def test_bad_arguments(metric, change, message):
    arguments = {"real": np.ones((10, 3)), "generated": np.ones((10, 3))}
    with pytest.raises(ValueError, match=message):
        metric(**arguments | change)
