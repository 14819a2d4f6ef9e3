"""Inception Score: how sure and how varied a classifier's predictions are."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from zoo.metrics.feature_checks import feature_matrix
from zoo.metrics.metric import Metric
from zoo.metrics.prediction_statistics import PredictionStatistics
from zoo.metrics.registry import register
from zoo.utils import checks


def inception_score(
    predictions: Any,
    splits: int = 10,
    from_logits: bool = False,
    seed: int | None = None,
) -> tuple[float, float]:
    """Returns the inception score of Salimans et al. (arXiv:1606.03498).

        exp(mean over x of KL(p(y|x) || p(y)))

    Samples are cut in their order into splits of equal size (to one sample),
    each with its own p(y), as the authors do.

    Args:
        predictions: Probabilities, of shape `(samples, classes)`.
        splits: Number of splits.
        from_logits: Whether the predictions are logits instead.
        seed: Shuffles the samples first, as torch-fidelity does with 2020.

    Returns:
        Tuple of the mean and the standard deviation over splits.

    Raises:
        ValueError: Fewer samples than splits, NaN or infinity, or rows that
            are not probabilities.

    Reference:
        - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498)

    Example:
    >>> mean, std = inception_score([[0.5, 0.5]] * 4, splits=2)
    >>> round(mean, 6), round(std, 6)
    (1.0, 0.0)
    """
    checks.positive_integer("splits", splits)
    predictions = feature_matrix("predictions", predictions, least=splits)
    count = len(predictions)
    order = np.arange(count)
    if seed is not None:
        order = np.random.RandomState(seed).permutation(count)
    parts = (
        order[i * count // splits : (i + 1) * count // splits]
        for i in range(splits)
    )
    return inception_score_of(
        PredictionStatistics(from_logits).update(predictions[part])
        for part in parts
    )


def inception_score_of(
    statistics: Iterable[PredictionStatistics],
) -> tuple[float, float]:
    """Returns the inception score of splits that were accumulated apart.

    Args:
        statistics: Statistics of each split.

    Returns:
        Tuple of the mean and the standard deviation over splits.

    Raises:
        ValueError: There is no split, or an empty one.
    """
    statistics = list(statistics)
    if not statistics:
        raise ValueError(
            "Argument `statistics` must hold at least one split. Received: []"
        )
    count = sum(split.count for split in statistics)
    if count < len(statistics):
        raise ValueError(
            "The Inception Score needs at least one image for each of its "
            f"{len(statistics)} splits. Received: {count} images"
        )
    scores = [split.score for split in statistics]
    return float(np.mean(scores)), float(np.std(scores))


INCEPTION_SCORE = register(
    Metric(
        "is",
        "Inception Score",
        lambda _, made: inception_score_of(made.predictions)[0],
        needs={"classes"},
    )
)
