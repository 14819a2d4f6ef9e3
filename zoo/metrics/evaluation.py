"""All metrics of a model's samples in one pass: images, features, numbers."""

import hashlib
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import Progress

from zoo.metrics.frechet import frechet_distance_of
from zoo.metrics.inception_score import PredictionStatistics, inception_score_of
from zoo.metrics.kernel import kernel_distance
from zoo.metrics.precision_recall import density_coverage, precision_recall
from zoo.metrics.statistics import Moments
from zoo.utils import checks
from zoo.utils.files import cache_directory
from zoo.utils.grids import to_uint8

METRICS = ("fd", "is", "kid", "pr", "dc", "agreement")
_NEED_FEATURES = ("kid", "pr", "dc")
_BATCH = 256  # Images per call of an extractor.


class FeatureSet:
    """What metrics need to know of a set of images.

    Args:
        extractor: A feature extractor; see `zoo.metrics.features`.
        keep: Whether to keep the features themselves, not only their
            statistics: 4 bytes each, for `kid`, `pr` and `dc`.
        splits: Number of equal parts, in order, for the Inception Score; 0
            for no score.
        count: Number of images to come, which `splits` has to know.

    Attributes:
        asked: Labels that came with the images, a list of arrays.
        found: Classes that the extractor found, a list of arrays; empty where
            it has no classes.
        classes: Number of the extractor's classes, or `None`.
    """

    def __init__(
        self,
        extractor: Callable,
        keep: bool = False,
        splits: int = 0,
        count: int = 0,
    ):
        self.extractor = extractor
        self.moments = Moments(metadata_of(extractor))
        self.features = [] if keep else None
        self.predictions = [
            PredictionStatistics(from_logits=True) for _ in range(splits)
        ]
        self.ends = [(i + 1) * count // splits for i in range(splits)]
        self.asked, self.found = [], []
        self.classes = None
        self.count = 0

    def update(
        self, images: np.ndarray, labels: np.ndarray | None = None
    ) -> None:
        """Adds images.

        Args:
            images: uint8 `(batch, height, width, channels)`.
            labels: Integers `(batch,)`, where there are any.
        """
        features = self.extractor(images)
        pool, logits = features.pool, features.logits
        self.moments.update(pool)
        if self.features is not None:
            self.features.append(np.asarray(pool, "float32"))
        if labels is not None:
            self.asked.append(np.reshape(labels, -1))
        if logits is not None:
            self.found.append(logits.argmax(axis=-1))
            self.classes = logits.shape[-1]
        if self.predictions:
            if logits is None:
                raise ValueError(
                    "The Inception Score needs an extractor with classes. "
                    f"Received: {self.extractor.name}"
                )
            positions = np.arange(self.count, self.count + len(images))
            parts = np.searchsorted(self.ends, positions, side="right")
            for part in np.unique(parts):
                self.predictions[part].update(logits[parts == part])
        self.count += len(images)


def metadata_of(extractor: Callable) -> dict[str, Any]:
    """Returns what must agree where two statistics meet."""
    name = f"{extractor.name}-{extractor.version}"
    return {"extractor": name, "images": "uint8"}


def uint8_batches(
    images: Any,
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yields images as 8-bit batches, as files hold them, with labels.

    Args:
        images: Array `(n, height, width, channels)`, uint8 or float in
            [-1, 1]; or batches of them, alone or as `(images, labels)`, such
            as a `tf.data.Dataset`.

    Yields:
        uint8 `(batch, height, width, channels)`, and labels `(batch,)` or
        `None`.

    Raises:
        ValueError: Images of another shape, dtype or range.
    """
    if hasattr(images, "__array__") and not hasattr(images, "element_spec"):
        for start in range(0, len(images), _BATCH):
            yield _as_uint8(images[start : start + _BATCH]), None
        return
    for batch in images:
        batch, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if labels is not None:
            labels = keras.ops.convert_to_numpy(labels)
        yield _as_uint8(batch), labels


def _as_uint8(images):
    images = keras.ops.convert_to_numpy(images)
    if images.ndim != 4:
        raise ValueError(
            "Expected images of shape (batch, height, width, channels). "
            f"Received: shape={images.shape}"
        )
    if images.dtype == np.uint8:
        return images
    inside = np.abs(images).max(initial=0) <= 1.001  # False for NaN too.
    if not np.issubdtype(images.dtype, np.floating) or not inside:
        raise ValueError(
            "Expected uint8 images, or float images in [-1, 1]. Received: "
            f"dtype={images.dtype}, values in [{images.min()}, {images.max()}]"
        )
    return to_uint8(images)


def fingerprint(images: Any) -> str:
    """Returns a hash of images, whatever batches they come in.

    Args:
        images: As for `uint8_batches`.

    Returns:
        40 hexadecimal digits.
    """
    digest, shape = hashlib.sha256(), None
    for batch, _ in uint8_batches(images):
        if shape is None:
            shape = batch.shape[1:]
            digest.update(repr(shape).encode())
        digest.update(np.ascontiguousarray(batch))
    if shape is None:
        raise ValueError("The reference holds no images. Received: none")
    return digest.hexdigest()[:40]


class Evaluator:
    """Computes metrics of a model's samples against real images.

    Samples and real images are rounded to 8 bits first, as the reference
    implementations read them from files. Names state the extractor and the
    number of samples, without which a value means nothing:
    `fd_fashion_mnist_10k`, or `fid_inception_50k`.

    Args:
        metrics: Any of `"fd"` (Fréchet distance; FID with the `inception`
            features), `"is"` (Inception Score), `"kid"` (kernel distance,
            in subsets of 1,000 or, where there are fewer, all images),
            `"pr"` (precision and recall), `"dc"` (density and coverage),
            `"agreement"` (share of images in which the extractor's classifier
            finds the label that they come with or were asked for).
        features: Name of an extractor, a callable or a `keras.Model`; see
            `zoo.metrics.features.get_extractor`.
        reference: Real images, as for `uint8_batches`; or a `.npz` file of
            statistics, for `fd` alone. Not needed for `is` and `agreement`.
        count: Number of samples.
        seed: Seed of the samples.
        cache: Directory for statistics of reference images, which are
            computed once for each set and extractor; by default beneath
            Keras' cache. `False` for none.
        splits: Number of parts for the Inception Score.
        progress: Whether to show a progress bar in the terminal.

    Raises:
        ValueError: An unknown metric, or a reference that is missing, damaged
            or of another extractor.
    """

    def __init__(
        self,
        metrics: Sequence[str] = ("fd",),
        features: Any = "inception",
        reference: Any = None,
        count: int = 10_000,
        seed: int = 0,
        cache: str | os.PathLike | bool | None = None,
        splits: int = 10,
        progress: bool = False,
    ):
        from zoo.metrics.features import get_extractor

        unknown = [m for m in metrics if m not in METRICS]
        if unknown or not metrics or isinstance(metrics, str):
            raise ValueError(
                f"Argument `metrics` must be a list of some of {METRICS}. "
                f"Received: metrics={metrics!r}"
            )
        self.metrics = tuple(metrics)
        self.count = checks.positive_integer("count", count)
        self.splits = checks.positive_integer("splits", splits)
        self.seed = seed
        self.progress = progress
        self.extractor = get_extractor(features)
        self.keep = any(m in _NEED_FEATURES for m in metrics)
        self.real = None
        if not set(metrics) <= {"is", "agreement"}:
            self.real = self._reference(reference, cache)

    def _reference(self, reference, cache):
        if reference is None:
            raise ValueError(
                f"The metrics {self.metrics} need real images. "
                "Received: reference=None"
            )
        real = FeatureSet(self.extractor, keep=self.keep)
        if isinstance(reference, str | os.PathLike):
            if self.keep:
                raise ValueError(
                    "A file of statistics serves `fd` alone; give the images "
                    f"for {self.metrics}. Received: {str(reference)!r}"
                )
            real.moments = Moments.load(reference)
            return real
        path = None if cache is False else self._path(reference, cache)
        if path is not None and path.exists() and not self.keep:
            real.moments = Moments.load(path)
            return real
        for images, _ in uint8_batches(reference):
            real.update(images)
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                real.moments.save(path)
            except OSError as error:
                warnings.warn(
                    f"No statistics were cached: {error}", stacklevel=3
                )
        return real

    def _path(self, reference, cache):
        """Names the file after all that its content depends on."""
        default = cache_directory() / "statistics"
        directory = default if cache in (None, True) else pathlib.Path(cache)
        extractor = metadata_of(self.extractor)["extractor"]
        return directory / f"{extractor}-{fingerprint(reference)}.npz"

    def of_model(self, model, batch_size: int = 64, **generate) -> dict:
        """Evaluates a model.

        Args:
            model: A `GenerativeModel`; its averaged weights are used where
                it keeps them.
            batch_size: Images per forward pass.
            **generate: Further arguments for the model's `generate`.

        Returns:
            Dict of name to float.
        """
        return self.of_images(self.samples(model, batch_size, **generate))

    def samples(
        self, model, batch_size: int = 64, **generate
    ) -> Iterator[np.ndarray]:
        """Yields the samples that are evaluated, in chunks.

        Args:
            model: As for `of_model`.
            batch_size: As for `of_model`.
            **generate: As for `of_model`.

        Yields:
            Up to 1,000 images at a time, so that memory does not grow with
            their number; of a model with labels, a tuple of them and their
            labels, all classes in turn.

        Raises:
            ValueError: A model that draws no images, but translates some.
        """
        if not hasattr(model, "generate"):
            raise ValueError(
                "Expected a model with `generate`; what one with `translate` "
                "or `upscale` makes is to be evaluated as images. Received: "
                f"{type(model).__name__}"
            )
        seeds = np.random.SeedSequence(self.seed)
        for start in range(0, self.count, 1000):
            (child,) = seeds.spawn(1)
            count = min(1000, self.count - start)
            labels = {}
            if getattr(model, "num_classes", None):
                numbers = np.arange(start, start + count)
                labels = {"labels": numbers % model.num_classes}
            images = model.generate(
                count,
                seed=int(child.generate_state(1)[0]),
                batch_size=batch_size,
                **(labels | generate),
            )
            yield (images, labels["labels"]) if labels else images

    def of_images(self, images: Iterable[Any]) -> dict[str, float]:
        """Evaluates images that are already there.

        Args:
            images: Array or batches, as for `uint8_batches`; the first
                `count` of them are used.

        Returns:
            Dict of name to float.

        Raises:
            ValueError: There are fewer than `count` images, or no labels
                for `agreement`.
        """
        return self.values(self.features_of(images))

    def features_of(self, images: Iterable[Any]) -> FeatureSet:
        """Extracts what the metrics need, for `values`.

        Args:
            images: As for `of_images`.

        Returns:
            A `FeatureSet`.
        """
        splits = self.splits if "is" in self.metrics else 0
        made = FeatureSet(self.extractor, self.keep, splits, self.count)
        console = Console(stderr=True)
        bar = Progress(
            console=console, transient=True, disable=not self.progress
        )
        with bar:
            task = bar.add_task("evaluating", total=self.count)
            for batch, labels in uint8_batches(images):
                rest = slice(self.count - made.count)
                made.update(
                    batch[rest], None if labels is None else labels[rest]
                )
                bar.update(task, completed=made.count)
                if made.count == self.count:
                    break
        if made.count < self.count:
            raise ValueError(
                f"Expected {self.count} images. Received: {made.count}"
            )
        return made

    def values(self, made: FeatureSet) -> dict[str, float]:
        """Computes the metrics.

        Args:
            made: What `features_of` returned.

        Returns:
            Dict of name to float.
        """
        values = {}
        for metric in self.metrics:
            values |= self._numbers(metric, made)
        return {self.name(key): value for key, value in values.items()}

    def _numbers(self, metric, made):
        if metric == "fd":
            return {"fd": frechet_distance_of(self.real.moments, made.moments)}
        if metric == "is":
            return {"is": inception_score_of(made.predictions)[0]}
        if metric == "agreement":
            return {"agreement": agreement(made)}
        real, generated = (
            np.concatenate(s.features) for s in (self.real, made)
        )
        if metric == "kid":
            size = min(1000, len(real), len(generated))
            mean, _ = kernel_distance(real, generated, subset_size=size)
            return {"kid": mean}
        if metric == "pr":
            names = ("precision", "recall")
            return dict(
                zip(names, precision_recall(real, generated), strict=True)
            )
        names = ("density", "coverage")
        return dict(zip(names, density_coverage(real, generated), strict=True))

    def names(self) -> list[str]:
        """Returns the full names of all values, in their order."""
        pairs = {"pr": ("precision", "recall"), "dc": ("density", "coverage")}
        short = [n for m in self.metrics for n in pairs.get(m, (m,))]
        return list(map(self.name, short))

    def name(self, metric: str) -> str:
        """Returns the metric's full name, as it stands in logs.

        Args:
            metric: Short name, such as `"fd"` or `"recall"`.

        Returns:
            `<metric>_<extractor>_<count>`.
        """
        if metric == "fd" and self.extractor.name == "inception":
            metric = "fid"
        thousands, rest = divmod(self.count, 1000)
        count = f"{thousands}k" if thousands and not rest else str(self.count)
        return f"{metric}_{self.extractor.name}_{count}"


def agreement(made: FeatureSet) -> float:
    """Returns the share of images whose label the extractor finds.

    Args:
        made: Of images with labels, by an extractor with classes.

    Raises:
        ValueError: There are no labels, or no classes.
    """
    if not made.asked or not made.found:
        raise ValueError(
            "Agreement needs images with labels, and an extractor with "
            f"classes. Received: {'no ' if not made.asked else ''}labels, "
            f"features={made.extractor.name!r}"
        )
    asked, found = np.concatenate(made.asked), np.concatenate(made.found)
    return float(np.mean(asked == found))
