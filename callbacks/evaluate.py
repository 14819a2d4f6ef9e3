"""Metrics of what a model makes, through its training."""

import os
from collections.abc import Sequence
from typing import Any

import keras

from zoo.metrics import Evaluator, Metric
from zoo.utils import checks


class Evaluate(keras.callbacks.Callback):
    """Logs the Fréchet distance and other metrics after epochs.

    Samples are made once and their features extracted once, for all metrics.
    Values land in the epoch's logs under names such as
    `fd_fashion_mnist_10k`, so that `ModelCheckpoint(monitor=...)`,
    `EarlyStopping`, `CSVLogger` and `TensorBoard` see them if they come
    later in the list of callbacks. The first epoch of a `fit` is always
    evaluated; in epochs without an evaluation the last values stand again.

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
            or float in [-1, 1], or batches of them; or a `.npz` file of their
            mean and covariance, for `"fd"` alone.
        count: Number of samples.
        every: Epochs between evaluations.
        seed: Seed of the samples, the same in each epoch.
        batch_size: Images per forward pass.
        cache: Directory for statistics of the reference, which are computed
            once; by default beneath Keras' cache. `False` for none.
        verbose: 1 shows a progress bar while it evaluates.
        **generate: Further arguments for the model's `generate`, over those of
            its `preview_arguments`.

    Raises:
        ValueError: An unknown metric or extractor, two metrics that give a
            value of one name, a number that is not positive, or a reference
            that is missing, damaged or of another extractor.
    """

    def __init__(
        self,
        metrics: Sequence[str | Metric] = ("fd",),
        features: Any = "inception",
        reference: Any = None,
        count: int = 10_000,
        every: int = 1,
        seed: int = 0,
        batch_size: int = 64,
        cache: str | os.PathLike | bool | None = None,
        verbose: int = 0,
        **generate: Any,
    ):
        super().__init__()
        self.every = checks.positive_integer("every", every)
        self.evaluator = Evaluator(
            metrics,
            features,
            reference,
            count,
            seed,
            cache,
            progress=bool(verbose),
        )
        self.batch_size = batch_size
        self.generate = generate
        self.values: dict[str, float] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets an earlier training's values."""
        self.values = None

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Evaluates, if it is time to, and logs the values."""
        if self.values is None or (epoch + 1) % self.every == 0:
            generate = {**self.model.preview_arguments(), **self.generate}
            self.values = self.evaluator.of_model(
                self.model, self.batch_size, **generate
            )
        if logs is not None:
            logs.update(self.values)
