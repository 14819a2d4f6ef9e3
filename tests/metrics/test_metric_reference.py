"""Real images to compare with, and the cache of their statistics."""

import numpy as np
import pytest
from support.harness import random_images
from support.quadrants import Quadrants, plain_images, quadrant_evaluator

from zoo.metrics import Metric, Moments


def test_statistics_are_computed_once(tmp_path):
    known = {"reference": random_images(300), "cache": tmp_path}
    first = quadrant_evaluator(**known)
    (file,) = tmp_path.iterdir()
    unused = Quadrants()
    second = quadrant_evaluator(features=unused, **known)
    assert unused.calls == 0
    images = random_images(200, 1)
    assert first.of_images(images) == second.of_images(images)
    given = quadrant_evaluator(reference=str(file))
    assert given.of_images(images) == first.of_images(images)
    with np.load(file) as arrays:
        assert {"mu", "sigma"} <= set(arrays)


def test_statistics_of_other_features_are_kept_apart(tmp_path):
    other = Quadrants()
    other.version = "2"
    for features in (Quadrants(), other):
        quadrant_evaluator(features=features, cache=tmp_path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert [name.rpartition("-")[0] for name in names] == [
        "quadrants-1",
        "quadrants-2",
    ]
    judge = quadrant_evaluator(
        features=other, reference=tmp_path / names[0], count=20
    )
    with pytest.raises(ValueError, match="Received: 'quadrants-1'"):
        judge.of_images(random_images(20))


def test_a_cache_that_can_not_be_written_to_is_done_without(tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="No statistics were cached") as seen:
        judge = quadrant_evaluator(cache=tmp_path / "file")
    assert seen[0].filename.endswith("quadrants.py")  # Who made it.
    assert judge.of_images(random_images(300))["fd_quadrants_200"] >= 0


def test_what_a_metric_needs_is_read_of_the_real_images(tmp_path):
    """More than statistics is read anew, though these are in the cache."""
    share = Metric(
        "bright_share",
        "difference of the shares of bright images",
        lambda real, made: made.found.mean() - real.found.mean(),
        needs={"real", "classes"},
    )
    known = {"reference": plain_images(0, 0, 0, 255), "cache": tmp_path}
    quadrant_evaluator(["fd"], **known)
    judge = quadrant_evaluator([share], 2, **known)
    values = judge.of_images(plain_images(0, 255))
    assert values == {"bright_share_quadrants_2": 0.5 - 0.25}
    (file,) = tmp_path.iterdir()
    with pytest.raises(ValueError, match=r"give the images for \('bright"):
        quadrant_evaluator([share, "fd"], reference=file)


def test_bad_references(tmp_path):
    other, damaged = tmp_path / "other.npz", tmp_path / "damaged.npz"
    random = np.random.default_rng(0)
    Moments().update(random.normal(size=(9, 4))).save(other)
    damaged.write_bytes(other.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"can't be read.*Received"):
        quadrant_evaluator(reference=damaged)
    with pytest.raises(ValueError, match=r"give the images for \('kid',\)"):
        quadrant_evaluator(["fd", "kid"], reference=other)
    with pytest.raises(ValueError, match="need real images"):
        quadrant_evaluator(["is", "dc"], reference=None)
    with pytest.raises(ValueError, match="no images"):
        quadrant_evaluator(
            reference=np.zeros((0, 16, 16, 1), "uint8"), cache=tmp_path
        )
