"""Sums of class predictions that the Inception Score is computed from."""

from typing import Any, Self

import numpy as np

from zoo.metrics.feature_checks import feature_matrix

_ROWS = 4096  # Rows converted to float64 at a time, so that memory is bounded.


class PredictionStatistics:
    """What the inception score needs to know of a classifier's predictions.

    The mean over samples of KL(p(y|x) || p(y)) is the entropy of the mean
    prediction less the mean entropy, so two sums are enough, whatever the
    number of samples.

    Args:
        from_logits: Whether predictions are logits, not probabilities.

    Example:
    >>> statistics = PredictionStatistics().update([[1.0, 0.0], [0.0, 1.0]])
    >>> round(statistics.score, 6)
    2.0
    """

    def __init__(self, from_logits: bool = False):
        self.from_logits = from_logits
        self.count = 0
        self._sum = None
        self._negative_entropy = 0.0

    def update(self, predictions: Any) -> Self:
        """Adds samples.

        Args:
            predictions: Array of shape `(samples, classes)`.

        Returns:
            Itself.

        Raises:
            ValueError: Wrong shape, other number of classes, NaN or infinity,
                or rows that are not probabilities.
        """
        classes = None if self._sum is None else len(self._sum)
        predictions = feature_matrix("predictions", predictions, classes)
        for start in range(0, len(predictions), _ROWS):
            block = predictions[start : start + _ROWS].astype(np.float64)
            to_both = _softmax if self.from_logits else _check_probabilities
            probabilities, logarithms = to_both(block)
            total = probabilities.sum(axis=0)
            self._sum = total if self._sum is None else self._sum + total
            self._negative_entropy += float((probabilities * logarithms).sum())
            self.count += len(block)
        return self

    def merge(self, other: "PredictionStatistics") -> Self:
        """Adds the samples of other statistics.

        Args:
            other: Statistics of the same classes; left as they are.

        Returns:
            Itself.

        Raises:
            ValueError: Another number of classes.
        """
        if self._sum is None or other._sum is None:
            self._sum = other._sum if self._sum is None else self._sum
        elif self._sum.shape != other._sum.shape:
            raise ValueError(
                "Statistics can be merged if they have one number of classes. "
                f"Received: {len(self._sum)} and {len(other._sum)} classes"
            )
        else:
            self._sum = self._sum + other._sum
        self._negative_entropy += other._negative_entropy
        self.count += other.count
        return self

    def __add__(self, other: "PredictionStatistics") -> "PredictionStatistics":
        """Returns new statistics of the samples of both."""
        if not isinstance(other, PredictionStatistics):
            return NotImplemented
        return PredictionStatistics(self.from_logits).merge(self).merge(other)

    @property
    def score(self) -> float:
        """Inception score, from 1 to the number of classes."""
        if not self.count:
            raise ValueError(
                "The inception score needs at least one sample. "
                "Received: 0 samples"
            )
        mean = np.asarray(self._sum) / self.count
        divergence = self._negative_entropy / self.count
        divergence -= float((mean * _logarithm(mean)).sum())
        return float(np.exp(divergence))


def _logarithm(probabilities):
    """Logarithms, with 0 for those of 0, so that 0 log 0 = 0."""
    positive = probabilities > 0
    return np.log(
        probabilities, out=np.zeros_like(probabilities), where=positive
    )


def _softmax(logits):
    """Returns probabilities and their logarithms."""
    logits = logits - logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return np.exp(logits), logits


def _check_probabilities(probabilities):
    """Returns probabilities and their logarithms."""
    sums = probabilities.sum(axis=1)
    # Sums of a thousand probabilities in float16 are off by less.
    if probabilities.min() < 0 or np.abs(sums - 1).max() > 1e-2:
        raise ValueError(
            "Argument `predictions` must be probabilities: at least 0, with "
            "rows that sum to 1. Give `from_logits=True` for logits. "
            f"Received: values from {probabilities.min():.3g}, sums from "
            f"{sums.min():.3g} to {sums.max():.3g}"
        )
    return probabilities, _logarithm(probabilities)
