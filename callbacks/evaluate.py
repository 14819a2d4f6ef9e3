"""Metrics of what a model makes, through its training."""

import keras

from zoo.metrics import Evaluator
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
        metrics: As for `zoo.metrics.Evaluator`: any of `"fd"`, `"is"`,
            `"kid"`, `"pr"`, `"dc"`.
        features: Name of an extractor, a callable or a `keras.Model`.
        reference: Real images, or a file of their statistics.
        count: Number of samples.
        every: Epochs between evaluations.
        seed: Seed of the samples, the same in each epoch.
        batch_size: Images per forward pass.
        cache: Directory for statistics of the reference.
        verbose: 1 shows a progress bar while it evaluates.
        **generate: Further arguments for the model's `generate`, over those of
            its `preview_arguments`.

    Raises:
        ValueError: An argument that `Evaluator` refuses.
    """

    def __init__(
        self,
        metrics=("fd",),
        features="inception",
        reference=None,
        count=10_000,
        every=1,
        seed=0,
        batch_size=64,
        cache=None,
        verbose=0,
        **generate,
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
        self.values = None

    def on_train_begin(self, logs=None):
        """Forgets an earlier training's values."""
        self.values = None

    def on_epoch_end(self, epoch, logs=None):
        """Evaluates, if it is time to, and logs the values."""
        if self.values is None or (epoch + 1) % self.every == 0:
            generate = {**self.model.preview_arguments(), **self.generate}
            self.values = self.evaluator.of_model(
                self.model, self.batch_size, **generate
            )
        if logs is not None:
            logs.update(self.values)
