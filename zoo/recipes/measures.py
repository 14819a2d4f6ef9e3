"""Numbers of a trained model for its card."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.evaluating import all_images, test_images
from zoo.metrics.evaluation import Evaluator, FeatureSet

Metrics = dict[str, dict[str, Any]]


def samples(
    model: Any,
    settings: Any,
    count: int,
    also: Mapping[str, dict[str, Any]] | None = None,
) -> Metrics:
    """Measures samples, and real test images beside them.

    The Fréchet distance to the training images stands beside its floor, the
    distance of real test images to them; the Inception Score, and for models
    with labels the classifier's agreement, beside those of the test images.

    Args:
        model: The model.
        settings: The `zoo.training.Settings` it was trained by.
        count: Number of samples.
        also: Further arguments of `generate`, by the name under which what
            they make is put beside each value.

    Returns:
        Value and context of each metric, by its full name; none for settings
        without `features`.
    """
    if settings.features is None:
        return {}
    by_label = bool(getattr(model, "num_classes", None))
    source = settings.data, settings.size, settings.channels
    evaluator = Evaluator(
        ["fd", "is", *(["agreement"] if by_label else [])],
        settings.features,
        reference=all_images(*source),
        count=count,
        progress=True,
    )
    made = evaluator.features_of(evaluator.samples(model))
    values = evaluator.values(made)
    metrics: Metrics = {name: {"value": x} for name, x in values.items()}
    fd, score = evaluator.name("fd"), evaluator.name("is")
    metrics[fd]["reference"] = settings.data
    metrics[score]["splits"] = evaluator.splits
    test = test_images(*source, labelled=by_label)
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
    for other, arguments in (also or {}).items():
        for name, value in evaluator.of_model(model, **arguments).items():
            metrics[name][other] = value
    return metrics


def class_shares(made: FeatureSet) -> list[float]:
    """Returns the share of images that the classifier puts in each class.

    Args:
        made: By an extractor with classes.
    """
    found = np.concatenate(made.found)
    counts = np.bincount(found, minlength=made.classes)
    return [float(share) for share in counts / counts.sum()]
