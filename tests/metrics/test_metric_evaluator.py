"""Evaluating models and images, on features small enough to know."""

import math

import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan
from support.quadrants import Quadrants, quadrant_evaluator

from zoo.metrics import Evaluator, Moments, frechet_distance
from zoo.utils.grids import to_uint8

ALL = ["fd", "is", "kid", "pr", "dc"]


def test_names_state_extractor_and_count():
    values = quadrant_evaluator(ALL).of_images(random_images(200, 1))
    assert list(values) == [
        "fd_quadrants_200",
        "is_quadrants_200",
        "kid_quadrants_200",
        "precision_quadrants_200",
        "recall_quadrants_200",
        "density_quadrants_200",
        "coverage_quadrants_200",
    ]
    assert list(values) == quadrant_evaluator(ALL).names()
    assert all(map(math.isfinite, values.values()))
    assert quadrant_evaluator(count=10_000).names() == ["fd_quadrants_10k"]
    other = quadrant_evaluator(count=10_000).name("least_class_share")
    assert other == "least_class_share_quadrants_10k"


def test_the_frechet_distance_of_inception_features_is_fid():
    inception = Quadrants()
    inception.name = "inception"
    judge = quadrant_evaluator(["fd", "pr"], 50_000, features=inception)
    assert judge.names() == [
        "fid_inception_50k",
        "precision_inception_50k",
        "recall_inception_50k",
    ]
    assert quadrant_evaluator(["fid"]).names() == ["fd_quadrants_200"]


def test_frechet_distance_by_hand():
    real, made = random_images(300), random_images(200, 1)
    (value,) = quadrant_evaluator().of_images(made).values()
    sets = [Quadrants()(to_uint8(x))[0] for x in (real, made)]
    moments = [(x.mean(0), np.cov(x, rowvar=False)) for x in sets]
    expected = frechet_distance(*moments[0], *moments[1])
    assert value == pytest.approx(expected, rel=1e-5)  # float32 features


def test_inception_score_of_two_sure_classes():
    images = np.concatenate(
        [np.full((1, 16, 16, 1), -1.0), np.ones((1, 16, 16, 1))]
    )
    images = np.tile(images, (20, 1, 1, 1)).astype("float32")
    values = Evaluator(["is"], Quadrants(), count=40).of_images(images)
    assert values["is_quadrants_40"] == pytest.approx(2, rel=1e-3)


def test_any_batches_give_the_same():
    images = random_images(200, 1)
    judge = quadrant_evaluator(ALL)
    whole = judge.of_images(images)
    parts = judge.of_images(np.array_split(images, 7))
    assert whole == pytest.approx(parts, rel=1e-10)
    assert whole == judge.of_images(random_images(300, 1)[:201])


def test_a_model_is_judged_by_seeded_samples():
    judge = quadrant_evaluator(count=30)
    model = tiny_dcgan()
    values = judge.of_model(model)
    assert values == judge.of_model(model, batch_size=7)
    (samples,) = judge.samples(model)
    assert values == judge.of_images(samples)
    other = quadrant_evaluator(count=30, seed=1).of_model(model)
    assert values != other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": ["fdd"]}, r"Did you mean 'fd'.*'fdd'"),
        ({"metrics": "fd"}, "must be a list"),
        ({"metrics": []}, "must be a list"),
        ({"count": 0}, "count=0"),
        ({"splits": 0}, "splits=0"),
        ({"reference": None}, "'fd'.* need real images"),
        ({"reference": np.zeros((4, 16, 16))}, "shape"),
        ({"reference": np.full((4, 16, 16, 1), 9.0)}, "in \\[-1, 1\\]"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        quadrant_evaluator(**arguments)


def test_too_few_images_and_another_extractors_statistics(tmp_path):
    with pytest.raises(ValueError, match=r"200 images. Received: 100"):
        quadrant_evaluator().of_images(random_images(100))
    file = tmp_path / "other.npz"
    features = np.random.default_rng(0).normal(size=(9, 4))
    Moments({"extractor": "another"}).update(features).save(file)
    judge = quadrant_evaluator(reference=file)
    with pytest.raises(ValueError, match="Received: 'another' and 'quadrants"):
        judge.of_images(random_images(200))
