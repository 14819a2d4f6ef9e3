"""Inception score: by hand, of known predictions, torch-fidelity."""

import pathlib

import numpy as np
import pytest

from zoo.metrics import (
    PredictionStatistics,
    inception_score,
    inception_score_of,
)

pytestmark = pytest.mark.backend_free

GOLDEN = np.load(pathlib.Path(__file__).with_name("golden.npz"))


def test_one_hot_predictions_score_the_number_of_classes():
    predictions = np.tile(np.eye(7), (10, 1))
    assert inception_score(predictions, 10) == pytest.approx((7, 0))
    assert inception_score(1e3 * predictions, 5, True) == pytest.approx((7, 0))


def test_uniform_predictions_score_one():
    predictions = np.full((50, 8), 1 / 8, np.float32)
    assert inception_score(predictions) == pytest.approx((1, 0))
    assert inception_score(np.zeros((50, 8)), from_logits=True) == (1, 0)


def test_one_class_scores_one():
    assert inception_score(np.eye(3)[[1] * 20]) == pytest.approx((1, 0))


def test_mixed_predictions():
    """Half the samples sure of one class, half of them not at all."""
    predictions = [[1.0, 0.0], [0.5, 0.5]]
    # p(y) is (3/4, 1/4).
    divergences = [np.log(4 / 3), np.log(2 / 3) / 2 + np.log(2) / 2]
    mean, std = inception_score(predictions, splits=1)
    assert mean == pytest.approx(np.exp(np.mean(divergences)))
    assert std == 0


def test_splits_are_consecutive_and_each_has_its_own_mean():
    predictions = np.concatenate([np.eye(4), np.full((4, 4), 0.25)])
    assert inception_score(predictions, 2) == pytest.approx((2.5, 1.5))
    # Of 11 samples, splits hold 2, 2, 2, 2 and 3.
    classes = [0, 1, 2, 2, 0, 3, 1, 1, 0, 1, 2]
    scores = [2, 1, 2, 1, 3]
    expected = np.mean(scores), np.std(scores)
    score = inception_score(np.eye(4)[classes], 5)
    assert score == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "seed"), [("isc", None), ("isc_shuffled", 2020)]
)
def test_torch_fidelity(name, seed):
    score = inception_score(GOLDEN["logits"], from_logits=True, seed=seed)
    assert score == pytest.approx(GOLDEN[name], rel=1e-6)


def test_batches_and_shards_add_up():
    logits = GOLDEN["logits"]
    whole, _ = inception_score(logits, 1, from_logits=True)
    statistics = PredictionStatistics(from_logits=True)
    for start in range(0, len(logits), 17):
        statistics.update(logits[start : start + 17])
    assert statistics.score == pytest.approx(whole, rel=1e-12)
    shards = [
        PredictionStatistics(True).update(x) for x in (logits[:9], logits[9:])
    ]
    empty = PredictionStatistics(True)
    total = shards[0] + shards[1] + empty
    assert (empty + total).score == pytest.approx(whole, rel=1e-12)
    assert (total.count, shards[0].count) == (len(logits), 9)
    assert inception_score_of([total, total]) == pytest.approx((whole, 0))


def test_more_samples_than_fit_in_a_block():
    predictions = np.tile(np.eye(3, dtype=np.float32), (3000, 1))
    assert inception_score(predictions, 1) == pytest.approx((3, 0))


@pytest.mark.parametrize(
    ("predictions", "splits", "message"),
    [
        (np.eye(4), 5, "at least 5 samples. Received: 4 samples"),
        (np.eye(4), 0, "splits=0"),
        (np.ones(4), 1, r"shape=\(4,\)"),
        (np.ones((4, 3)), 1, "sums from 3 to 3"),
        ([[1.5, -0.5]], 1, "values from -0.5"),
        ([[np.nan, 1]], 1, "1 of 1 rows with NaN"),
        (3 * np.eye(4), 1, "from_logits=True"),
    ],
)
def test_bad_predictions(predictions, splits, message):
    with pytest.raises(ValueError, match=message):
        inception_score(predictions, splits)


def test_bad_statistics():
    with pytest.raises(ValueError, match="Received: 0 samples"):
        PredictionStatistics().score  # noqa: B018
    with pytest.raises(ValueError, match=r"Received: \[\]"):
        inception_score_of([])
    one = PredictionStatistics().update(np.eye(2))
    with pytest.raises(ValueError, match=r"Received: shape=\(3, 3\)"):
        one.update(np.eye(3))
    with pytest.raises(ValueError, match="2 and 3 classes"):
        one.merge(PredictionStatistics().update(np.eye(3)))
