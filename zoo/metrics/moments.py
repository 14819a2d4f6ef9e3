"""Mean and covariance of features, accumulated batch by batch."""

import json
import os
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from zoo.metrics.feature_checks import (
    feature_matrix,
    mean_and_covariance,
    same_extractor,
)
from zoo.utils.files import replacing
from zoo.utils.images import reader

_ROWS = 4096  # Rows converted to float64 at a time, so that memory is bounded.


class Moments:
    """Mean and covariance of features in memory independent of their number.

    Batches are joined by the parallel update of Chan, Golub and LeVeque
    (*Updating formulae and a pairwise algorithm for computing sample
    variances*, 1979), which subtracts means before it multiplies. In whatever
    batches and shards samples come, the statistics are the same.

    Args:
        metadata: What the features are, as a dictionary that JSON can hold;
            saved beside the statistics. `"extractor"` is compared wherever two
            `Moments` meet.

    Example:
    >>> moments = Moments().update([[0.0, 1.0], [2.0, 3.0]])
    >>> moments.update([[4.0, 2.0]]).mean
    array([2., 2.])
    >>> moments.covariance
    array([[4., 1.],
           [1., 1.]])
    """

    def __init__(self, metadata: Mapping[str, Any] | None = None):
        self.metadata = dict(metadata or {})
        # `None` where a file of another library does not tell.
        self.count: int | None = 0
        self._mean: Any = None
        self._scatter: Any = None  # Sum of outer products of x - mean.

    @classmethod
    def of(
        cls,
        mean: np.ndarray,
        covariance: np.ndarray,
        count: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Makes `Moments` from statistics computed elsewhere.

        Args:
            mean: Array of shape `(dimension,)`.
            covariance: Unbiased covariance, of shape `(dimension, dimension)`.
            count: Number of samples, at least 2. Where it is `None`, nothing
                can be added.
            metadata: What the features are, for JSON.

        Returns:
            `Moments`.

        Raises:
            ValueError: The arguments are not such statistics.
        """
        if count is not None and count < 2:
            raise ValueError(
                "Argument `count` must be at least 2. "
                f"Received: count={count!r}"
            )
        moments = cls(metadata)
        moments._mean, covariance = mean_and_covariance(mean, covariance)
        moments._scatter = covariance * (1 if count is None else count - 1)
        moments.count = count
        return moments

    @property
    def dimension(self) -> int | None:
        """Number of features; `None` before the first update."""
        return None if self._mean is None else len(self._mean)

    @property
    def mean(self) -> np.ndarray:
        """Mean, float64 of shape `(dimension,)`."""
        self._check_count(1)
        return np.array(self._mean, "float64")

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased covariance, float64 of shape `(dimension, dimension)`."""
        self._check_count(2)
        return np.asarray(self._scatter) / (
            1 if self.count is None else self.count - 1
        )

    def update(self, features: Any) -> Self:
        """Adds samples.

        Args:
            features: Array of shape `(samples, dimension)`; may be empty.

        Returns:
            Itself.

        Raises:
            ValueError: Wrong shape, other dimension than before, NaN or
                infinity, or the count so far is unknown.
        """
        features = feature_matrix("features", features, self.dimension)
        for start in range(0, len(features), _ROWS):
            block = features[start : start + _ROWS].astype(np.float64)
            mean = block.mean(axis=0)
            self._add(len(block), mean, block - mean)
        return self

    def merge(self, other: "Moments") -> Self:
        """Adds the samples of other `Moments`.

        Args:
            other: `Moments` of the same extractor; left as it is.

        Returns:
            Itself, with the metadata that both agree on.

        Raises:
            ValueError: Other dimension or extractor, or a count is unknown.
        """
        same_extractor(self.metadata, other.metadata)
        dimensions = {self.dimension, other.dimension} - {None}
        if len(dimensions) > 1 or None in (self.count, other.count):
            raise ValueError(
                "Moments can be merged if they have one dimension and their "
                "counts are known. Received: dimensions "
                f"{self.dimension} and {other.dimension}, counts {self.count} "
                f"and {other.count}"
            )
        if other.count:
            self._add(other.count, other._mean, None)
            self._scatter += other._scatter
        self.metadata = {
            key: value
            for key, value in self.metadata.items()
            if key in other.metadata and other.metadata[key] == value
        }
        return self

    def __add__(self, other: "Moments") -> "Moments":
        """Returns new `Moments` of the samples of both."""
        if not isinstance(other, Moments):
            return NotImplemented
        # Merging starts from empty moments, so that neither side changes.
        return Moments(self.metadata).merge(self).merge(other)

    def _add(self, count, mean, centred):
        """Joins a batch, given as its count, mean and centred samples."""
        if self.count is None:
            raise ValueError(
                "Samples can't be added to moments whose count is unknown. "
                "Received: count=None"
            )
        if self._mean is None:
            self._mean = np.zeros(len(mean))
            self._scatter = np.zeros((len(mean), len(mean)))
        total = self.count + count
        shift = mean - self._mean
        # The shift of means counts as one more sample: one matrix product.
        row = np.sqrt(self.count / total * count) * shift[None]
        rows = row if centred is None else np.concatenate([centred, row])
        self._scatter += rows.T @ rows
        self._mean += shift * (count / total)
        self.count = total

    def _check_count(self, least):
        if self.count is not None and self.count < least:
            raise ValueError(
                f"At least {least} samples are needed. "
                f"Received: {self.count} samples"
            )

    def save(self, path: str | os.PathLike) -> None:
        """Writes a `.npz` file that pytorch-fid reads as well.

        Args:
            path: Where to. Written whole or not at all. Holds `mu`, `sigma`
                and, if known, `count`; `metadata` as JSON. No pickles.

        Raises:
            ValueError: There are fewer than two samples.
        """
        arrays: dict[str, Any] = {"mu": self.mean, "sigma": self.covariance}
        if self.count is not None:
            arrays["count"] = np.array(self.count, "int64")
        arrays["metadata"] = np.array(json.dumps(self.metadata))
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Reads a file of `save` or of pytorch-fid; never unpickles.

        Args:
            path: A `.npz` file with `mu` and `sigma`.

        Returns:
            `Moments`; its count is `None` if the file does not tell.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged or lacks statistics.
        """
        try:
            arrays = reader("limits").read_npz(path)
            count = arrays.get("count")
            return cls.of(
                arrays["mu"],
                arrays["sigma"],
                None if count is None else int(count),
                json.loads(str(arrays.get("metadata", "{}"))),
            )
        except FileNotFoundError:
            raise
        except KeyError as error:
            raise ValueError(
                f"A file of statistics must hold `mu` and `sigma`; {error} is "
                f"missing. Received: path={str(path)!r}"
            ) from error
        except Exception as error:  # Damaged files raise nearly anything.
            raise ValueError(
                f"The file of statistics can't be read ({error}). "
                f"Received: path={str(path)!r}"
            ) from error
