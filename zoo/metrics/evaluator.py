"""All metrics of a model's samples in one pass: images, features, numbers."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from zoo.metrics.drawing import draw_samples
from zoo.metrics.feature_set import FeatureSet
from zoo.metrics.features import get_extractor
from zoo.metrics.image_batches import first_batches
from zoo.metrics.metric import Metric, all_needs
from zoo.metrics.reference import read_reference
from zoo.metrics.registry import get_all
from zoo.utils import checks
from zoo.utils.tables import html_table


class Values(dict[str, float]):
    """Metrics by name, which a notebook shows as a table."""

    def _repr_html_(self):
        rows = ((name, f"{value:.6g}") for name, value in self.items())
        return html_table(("metric", "value"), rows)


class Evaluator:
    """Computes metrics of a model's samples against real images.

    Samples and real images are rounded to 8 bits first, as the reference
    implementations read them from files. Names state the extractor and the
    number of samples, without which a value means nothing:
    `fd_fashion_mnist_10k`, or `fid_inception_50k`.

    Args:
        metrics: Names of registered metrics, such as `"fd"` (Fréchet
            distance; FID with the `inception` features), `"is"` (Inception
            Score), `"kid"` (kernel distance), `"pr"` (precision and recall),
            `"dc"` (density and coverage), `"agreement"` (share of images in
            which the extractor's classifier finds their label); or instances
            of `zoo.metrics.Metric`.
        features: Name of an extractor, `"inception"`, `"fashion_mnist"` or
            `"efficientnet_lite0"`, a `keras.Model` of images in [0, 255], or
            a function of uint8 images.
        reference: Real images: an array `(n, height, width, channels)`, uint8
            or float in [-1, 1], or batches of them, alone or with labels; or
            a `.npz` file of their mean and covariance, for `"fd"` alone. Not
            needed for `"is"` and `"agreement"`.
        count: Number of samples.
        seed: Seed of the samples.
        cache: Directory for statistics of reference images, which are
            computed once for each set and extractor; by default beneath
            Keras' cache. `False` for none.
        splits: Number of parts for the Inception Score.
        progress: Whether to show a progress bar in the terminal.

    Raises:
        ValueError: An unknown metric, two that give a value of one name, or
            a reference that is missing, damaged or of another extractor.
    """

    def __init__(
        self,
        metrics: Sequence[str | Metric] = ("fd",),
        features: Any = "inception",
        reference: Any = None,
        count: int = 10_000,
        seed: int = 0,
        cache: str | os.PathLike | bool | None = None,
        splits: int = 10,
        progress: bool = False,
    ):
        self.metrics = get_all(metrics)
        self.count = checks.positive_integer("count", count)
        self.splits = checks.positive_integer("splits", splits)
        self.seed = seed
        self.progress = progress
        self.extractor = get_extractor(features)
        self.real = None
        compared = [m for m in self.metrics if "real" in m.needs]
        if compared:
            self.real = read_reference(
                reference, self.extractor, compared, cache
            )

    def of_model(
        self, model: Any, batch_size: int = 64, **generate: Any
    ) -> dict[str, float]:
        """Evaluates a model.

        Args:
            model: A `GenerativeModel`; its averaged weights are used where
                it keeps them.
            batch_size: Images per forward pass.
            **generate: Further arguments for the model's `generate`.

        Returns:
            Dict of name to float.

        Raises:
            ValueError: A model that draws no images, but translates some.
        """
        return self.of_images(self.samples(model, batch_size, **generate))

    def samples(
        self, model: Any, batch_size: int = 64, **generate: Any
    ) -> Iterator[np.ndarray | tuple[np.ndarray, np.ndarray]]:
        """Returns the samples that are evaluated, in chunks.

        Args:
            model: A `GenerativeModel`.
            batch_size: Images per forward pass.
            **generate: Further arguments for the model's `generate`.

        Returns:
            Iterator of up to 1,000 images at a time; of a model with labels,
            of tuples of them and their labels, all classes in turn.

        Raises:
            ValueError: A model that draws no images, but translates some.
        """
        return draw_samples(
            model, self.count, self.seed, batch_size, **generate
        )

    def of_images(self, images: Iterable[Any]) -> dict[str, float]:
        """Evaluates images that are already there.

        Args:
            images: Array or batches, like `reference`; the first `count` of
                them are used.

        Returns:
            Dict of name to float.

        Raises:
            ValueError: There are fewer than `count` images, or a metric needs
                labels or classes and there are none.
        """
        return self.values(self.features_of(images))

    def features_of(self, images: Iterable[Any]) -> FeatureSet:
        """Extracts what the metrics need, for `values`.

        Args:
            images: Array or batches, like `reference`; the first `count` of
                them are used.

        Returns:
            A `FeatureSet`.

        Raises:
            ValueError: There are fewer than `count` images, or a metric needs
                labels or classes and there are none.
        """
        needs = all_needs(self.metrics)
        made = FeatureSet(self.extractor, needs, self.splits, self.count)
        terminal = Console(stderr=True)
        hidden = not (self.progress and terminal.is_terminal)
        with Progress(console=terminal, transient=True, disable=hidden) as bar:
            task = bar.add_task("evaluating", total=self.count)
            for batch, labels in first_batches(images, self.count):
                made.update(batch, labels)
                bar.update(task, completed=made.count)
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
            values |= metric.values(self.real, made)
        return Values({self.name(k): value for k, value in values.items()})

    def names(self) -> list[str]:
        """Returns the full names of all values, in their order."""
        return [self.name(value) for m in self.metrics for value in m.gives]

    def name(self, value: str) -> str:
        """Returns a value's full name, as it stands in logs.

        Args:
            value: Short name, such as `"fd"` or `"recall"`.

        Returns:
            `<value>_<extractor>_<count>`.
        """
        for metric in self.metrics:
            if value in metric.gives:
                value = metric.known_as.get(self.extractor.name, value)
        thousands, rest = divmod(self.count, 1000)
        count = f"{thousands}k" if thousands and not rest else str(self.count)
        return f"{value}_{self.extractor.name}_{count}"
