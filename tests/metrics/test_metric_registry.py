"""Metrics by name: those of the package, and one that a user writes."""

import numpy as np
import pytest
from PIL import Image
from support.harness import random_images, tiny_dcgan
from support.quadrants import Quadrants, plain_images, quadrant_evaluator

import callbacks
from zoo import metrics
from zoo.commands import evaluating
from zoo.metrics.registry import get_all, registry

SHIFT = metrics.Metric(
    "shift",
    "difference of the mean features",
    lambda real, made: (made.moments.mean - real.moments.mean).mean(),
    needs={"real"},
)


@pytest.fixture
def shift(monkeypatch):
    """Registers a metric, for one test."""
    monkeypatch.setattr(registry, "entries", dict(registry.entries))
    return metrics.register(SHIFT)


def test_what_the_package_measures():
    needs = {metric.name: set(metric.needs) for metric in metrics.registered()}
    assert needs == {
        "fd": {"real"},
        "is": {"classes"},
        "kid": {"real", "features"},
        "pr": {"real", "features"},
        "dc": {"real", "features"},
        "agreement": {"classes", "labels"},
    }
    assert metrics.get("fid") is metrics.get("fd")
    assert metrics.get(SHIFT) is SHIFT  # Need not be registered.


def test_a_metric_of_ones_own(shift):
    reference, made = plain_images(51, 51, 51), plain_images(102, 153)
    judge = quadrant_evaluator(["shift", "fd"], 2, reference=reference)
    # Of [0, 1]: 0.5 on average, less 0.2. All quadrants are alike, and fd
    # adds the trace of the covariance, four times the variance of 0.4 and 0.6.
    with pytest.warns(UserWarning, match="too few"):
        values = judge.of_images(made)
    assert values == pytest.approx(
        {"shift_quadrants_2": 0.3, "fd_quadrants_2": 4 * (0.3**2 + 0.02)},
        rel=1e-5,
    )


def test_a_metric_of_ones_own_in_training(shift):
    model = tiny_dcgan()
    evaluate = callbacks.Evaluate(
        ["shift"],
        Quadrants(),
        reference=plain_images(0, 0),
        count=20,
        cache=False,
    )
    history = model.fit(
        random_images(16), epochs=1, verbose=0, callbacks=[evaluate]
    ).history
    (samples,) = evaluate.evaluator.samples(model)
    brightness = (samples.mean() + 1) / 2  # The reference is black: at 0.
    (value,) = history["shift_quadrants_20"]
    assert value == pytest.approx(brightness, abs=0.5 / 255)


def test_a_metric_of_ones_own_on_the_command_line(shift, tmp_path):
    assert evaluating.metric_names("Shift, fid") == ["shift", "fd"]
    assert "shift (difference of the mean" in evaluating.metrics_help()
    for name, level in (("real", 51), ("made", 204)):
        (tmp_path / name).mkdir()
        picture = plain_images(level)[0, ..., 0]
        for i in range(2):
            Image.fromarray(picture).save(tmp_path / name / f"{i}.png")
    values = evaluating.evaluate(
        None,
        str(tmp_path / "made"),
        str(tmp_path / "real"),
        evaluating.metric_names("shift"),
        Quadrants(),
        None,
        None,
        0,
    )
    assert values == {"shift_quadrants_2": pytest.approx(0.8 - 0.2)}


def test_names_are_taken_once(shift):
    def renamed(name, **known_as):
        return metrics.Metric(name, "", shift.compute, known_as=known_as)

    for metric, name in (
        (shift, "shift"),
        (renamed("fd"), "fd"),
        (renamed("fid"), "fid"),
        (renamed("other", inception="kid"), "kid"),
    ):
        with pytest.raises(ValueError, match=f"Received: name='{name}'"):
            metrics.register(metric)
    with pytest.raises(ValueError, match="instance of Metric"):
        metrics.register(np.mean)


def test_unknown_names_are_an_error_with_a_hint(shift):
    with pytest.raises(
        ValueError, match=r"Did you mean 'shift'.*Received: metrics='shif'"
    ):
        metrics.get("shif")
    with pytest.raises(ValueError, match="Received: metrics=None"):
        metrics.get(None)


def test_several_at_once():
    fd, shift = metrics.get("fd"), SHIFT
    assert get_all(["fid", shift, "fd"]) == (fd, shift)
    recall = metrics.Metric("recall", "", lambda real, made: 0.0)
    with pytest.raises(ValueError, match="'recall' of two metrics"):
        get_all(["pr", recall])
