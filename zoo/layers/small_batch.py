"""Batch normalization for batches of one image."""

from typing import Any

import keras
from keras import ops

from zoo.layers.normalization import BatchNormalization, moments, normalized
from zoo.utils import checks

_STATISTICS = ("auto", "image", "moving")


@keras.saving.register_keras_serializable(package="zoo")
class SmallBatchNormalization(BatchNormalization):
    """Batch normalization that may be trained on batches of one image.

    Each image is then normalized by its own statistics, and their moving
    averages fit none of them: outputs turn to mush. Isola et al. 2017,
    section 3.4, take the statistics of the test batch, of one image, instead.
    This layer knows the size of the batches that it was trained on, and does
    either as they ask.

    Args:
        statistics: What images are normalized by after training: `"image"`
            for each one's own; `"moving"` for moving averages, which suit
            larger batches; `"auto"` for the latter if any batch in training
            held more than one image, else for the former. The largest size
            seen is a weight, and saved.
        **kwargs: Those of `keras.layers.BatchNormalization`, among them
            `name` and `dtype`.

    Raises:
        ValueError: There are no such statistics.

    Input and output: `(batch, height, width, channels)`.
    """

    def __init__(self, statistics: str = "auto", **kwargs: Any):
        super().__init__(**kwargs)
        self.statistics = checks.one_of("statistics", statistics, _STATISTICS)

    def build(self, input_shape: Any) -> None:
        """Creates the weights, and the size of the largest training batch."""
        super().build(input_shape)
        self.batch_size = self.add_weight(
            name="batch_size",
            shape=(),
            initializer="ones",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Normalizes by the batch in training, else as `statistics` says."""
        if training and self.trainable:
            size = ops.cast(ops.shape(inputs)[0], "float32")
            # The last batch of an epoch may be a single image by chance.
            self.batch_size.assign(ops.maximum(self.batch_size, size))
            return super().call(inputs, training=True)
        x = ops.cast(inputs, "float32")
        mean, variance = self._test_statistics(x)
        outputs = normalized(x, mean, variance, self.epsilon)
        gamma, beta = map(ops.convert_to_tensor, (self.gamma, self.beta))
        outputs = outputs * gamma + beta
        return ops.cast(outputs, self.compute_dtype)

    def _test_statistics(self, x):
        """Returns mean and variance, each image's or one for all."""
        moving = [
            ops.convert_to_tensor(v)
            for v in (self.moving_mean, self.moving_variance)
        ]
        if self.statistics == "moving":
            return moving
        own = moments(x, (1, 2))
        if self.statistics == "image":
            return own
        # An average of weights nears a larger size slowly: any above 1 counts.
        alone = ops.convert_to_tensor(self.batch_size) <= 1
        return [
            ops.where(alone, *pair) for pair in zip(own, moving, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "statistics": self.statistics}
