"""What metrics read of a set of images, gathered batch by batch."""

from collections.abc import Collection
from typing import Any, Literal

import numpy as np

from zoo.metrics.features import CallableExtractor, FeatureExtractor
from zoo.metrics.moments import Moments
from zoo.metrics.prediction_statistics import PredictionStatistics

Need = Literal["real", "features", "classes", "labels"]
"""What a metric may need besides mean and covariance of the features."""

Extractor = FeatureExtractor | CallableExtractor


class FeatureSet:
    """What metrics read of a set of images.

    Args:
        extractor: A feature extractor, of `zoo.metrics.features`.
        needs: What the metrics need, besides mean and covariance:
            `"features"` (4 bytes each), `"classes"`, `"labels"`.
        splits: Number of equal parts, in order, whose predictions are summed
            apart, for the Inception Score.
        count: Number of images to come, which more than one split has to know.

    Attributes:
        extractor: As given.
        needs: As given.
        count: Number of images so far.
        moments: Mean and covariance of the features, as `Moments`.
        predictions: `PredictionStatistics` of each split, empty unless
            `"classes"` are needed.
        classes: Number of the extractor's classes, or `None`.
    """

    def __init__(
        self,
        extractor: Extractor,
        needs: Collection[Need] = (),
        splits: int = 1,
        count: int = 0,
    ):
        self.extractor = extractor
        self.needs = frozenset(needs)
        self.count = 0
        self.moments = Moments(metadata_of(extractor))
        self.predictions = [
            PredictionStatistics(from_logits=True)
            for _ in range(splits if "classes" in self.needs else 0)
        ]
        self.classes: int | None = None
        # The last split has no end: it takes all that come.
        self._ends = [(i + 1) * count // splits for i in range(splits - 1)]
        self._features: list[np.ndarray] = []
        self._asked: list[np.ndarray] = []
        self._found: list[np.ndarray] = []

    @property
    def features(self) -> np.ndarray:
        """Features, float32 `(images, dimension)`, if they are needed.

        Raises:
            ValueError: Nobody said that they are, so that they were not kept.
        """
        if "features" not in self.needs:
            raise ValueError(
                "Features are kept for metrics that need them: needs="
                f"{{'features'}}. Received: needs={set(self.needs)}"
            )
        self._features = [_joined(self._features)]  # Once for all metrics.
        return self._features[0]

    @property
    def asked(self) -> np.ndarray:
        """Labels `(images,)` of the images; empty unless they are needed."""
        return _joined(self._asked)

    @property
    def found(self) -> np.ndarray:
        """Classes `(images,)` that the extractor found; empty without any."""
        return _joined(self._found)

    def update(
        self, images: np.ndarray, labels: np.ndarray | None = None
    ) -> None:
        """Adds images.

        Args:
            images: uint8 `(batch, height, width, channels)`.
            labels: Integers `(batch,)`, where there are any.

        Raises:
            ValueError: Labels are needed and there are none, or classes are
                and the extractor finds none.
        """
        extracted = self.extractor(images)
        pool, logits = extracted.pool, extracted.logits
        self._check(logits, labels)
        self.moments.update(pool)
        if "features" in self.needs:
            self._features.append(np.asarray(pool, "float32"))
        if "labels" in self.needs and labels is not None:
            self._asked.append(np.reshape(labels, -1))
        if logits is not None:
            self._found.append(logits.argmax(axis=-1))
            self.classes = logits.shape[-1]
        if "classes" in self.needs:
            self._add_predictions(logits)
        self.count += len(images)

    def _check(self, logits: Any, labels: Any) -> None:
        if "labels" in self.needs and labels is None:
            raise ValueError(
                "One of the metrics needs images with labels. "
                "Received: no labels"
            )
        if "classes" in self.needs and logits is None:
            raise ValueError(
                "One of the metrics needs an extractor with classes. "
                f"Received: features={self.extractor.name!r}"
            )

    def _add_predictions(self, logits):
        positions = np.arange(self.count, self.count + len(logits))
        splits = np.searchsorted(self._ends, positions, side="right")
        for split in np.unique(splits):
            self.predictions[split].update(logits[splits == split])


def _joined(parts):
    return np.concatenate(parts) if parts else np.zeros(0, "int64")


def metadata_of(extractor: Extractor) -> dict[str, Any]:
    """Returns what must agree where two statistics meet.

    Args:
        extractor: What the statistics are computed by.

    Returns:
        Metadata for `Moments`.
    """
    name = f"{extractor.name}-{extractor.version}"
    return {"extractor": name, "images": "uint8"}
