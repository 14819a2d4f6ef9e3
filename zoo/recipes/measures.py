"""Numbers of a trained model for its card."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.metrics import Evaluator, FeatureSet
from zoo.recipes.inputs import all_images, test_images

Metrics = dict[str, dict[str, Any]]

COMPARED = 2000
"""Samples for each of several ways to draw them, which can be slow."""


def samples(
    model: Any,
    settings: Any,
    count: int,
    generate: Mapping[str, Any] | None = None,
) -> Metrics:
    """Measures samples, and real test images beside them.

    The Fréchet distance to the training images stands beside its floor, the
    distance of real test images to them; the Inception Score, and for models
    with labels the classifier's agreement, beside those of the test images.

    Args:
        model: The model.
        settings: The `zoo.recipes.settings.Settings` it was trained by.
        count: Number of samples.
        generate: Further arguments of the model's `generate`, which are put
            beside each value.

    Returns:
        Value and context of each metric, by its full name; none for settings
        without `features`.
    """
    if settings.features is None:
        return {}
    evaluator = _evaluator(model, settings, count)
    made = evaluator.features_of(evaluator.samples(model, **(generate or {})))
    values = evaluator.values(made)
    metrics: Metrics = {name: {"value": x} for name, x in values.items()}
    fd, score = evaluator.name("fd"), evaluator.name("is")
    metrics[fd]["reference"] = settings.data
    metrics[score]["splits"] = evaluator.splits
    test = test_images(*_source(settings), labelled=_has_labels(model))
    if test is not None:
        real = evaluator.of_images(test)
        metrics[fd]["floor_of_real_test_images"] = real.pop(fd)
        for name, value in real.items():
            metrics[name]["of_real_test_images"] = value
        metrics[score]["share_of_real"] = values[score] / real[score]
    shares = class_shares(made)
    metrics[evaluator.name("least_class_share")] = {
        "value": min(shares),
        "shares": shares,
    }
    for metric in metrics.values():
        metric |= generate or {}
    return metrics


def samples_and_ways(
    model: Any,
    settings: Any,
    count: int,
    ways: Mapping[str, dict[str, Any]],
    generate: Mapping[str, Any] | None = None,
) -> Metrics:
    """Measures samples, and fewer that are drawn in several ways.

    Args:
        model: The model.
        settings: The `zoo.recipes.settings.Settings` it was trained by.
        count: Number of samples.
        ways: Arguments of `generate`, by the name of what they make.
        generate: Further arguments of the model's `generate` for the many
            samples, which are put beside each value.

    Returns:
        What `compared` and `samples` return.
    """
    return compared(model, settings, count, ways) | samples(
        model, settings, count, generate
    )


def compared(
    model: Any, settings: Any, count: int, ways: Mapping[str, dict[str, Any]]
) -> Metrics:
    """Measures samples that are drawn in several ways.

    Args:
        model: The model.
        settings: The `zoo.recipes.settings.Settings` it was trained by.
        count: Number of samples; at most `COMPARED` are drawn.
        ways: Arguments of `generate`, by the name of what they make.

    Returns:
        The value of each metric that the first way's samples have, and beside
        it those of all ways, by their names; none for settings without
        `features`.
    """
    if settings.features is None:
        return {}
    evaluator = _evaluator(model, settings, min(count, COMPARED))
    metrics: Metrics = {name: {} for name in evaluator.names()}
    for way, arguments in ways.items():
        for name, value in evaluator.of_model(model, **arguments).items():
            metrics[name].setdefault("value", value)
            metrics[name][way] = value
    return metrics


def _evaluator(model, settings, count):
    return Evaluator(
        ["fd", "is", *(["agreement"] if _has_labels(model) else [])],
        settings.features,
        reference=all_images(*_source(settings)),
        count=count,
        progress=True,
    )


def _source(settings):
    return settings.data, settings.size, settings.channels


def _has_labels(model):
    return bool(getattr(model, "num_classes", None))


def class_shares(made: FeatureSet) -> list[float]:
    """Returns the share of images that the classifier puts in each class.

    Args:
        made: By an extractor with classes.
    """
    counts = np.bincount(made.found, minlength=made.classes or 0)
    return [float(share) for share in counts / counts.sum()]
