"""A game that may be told the class of each image."""

import keras
import numpy as np
from keras import ops

from zoo.engine.labels import (
    check_batch_labels,
    labels_to_generate,
    pictures_by_label,
)
from zoo.utils import checks


class ClassConditional:
    """What games share whose images can be of a class that is asked for.

    A base class to put before that of the game. The class of an image is, as
    a one-hot vector, the last of the conditions that `unpack` gives.

    Args:
        *args: As of the game.
        num_classes: Number of classes, or `None` for a game without.
        **kwargs: As of the game.

    Raises:
        ValueError: `num_classes` is not a positive integer, nor `None`.
    """

    def __init__(self, *args, num_classes=None, **kwargs):
        super().__init__(*args, **kwargs)
        if num_classes is not None:
            checks.positive_integer("num_classes", num_classes)
        self.num_classes = num_classes

    @property
    def grid_rows(self):
        """Rows of a grid of `pictures`: with classes one for each."""
        if self.num_classes is None:
            return super().grid_rows
        return min(self.num_classes, 10)

    def unpack(self, data):
        """Returns images, and a tuple of their classes as one-hot vectors."""
        images, conditions = super().unpack(data)
        if self.num_classes is None:
            return images, conditions
        _, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        return images, (*conditions, self.one_hot(labels))

    def one_hot(self, labels):
        """Returns labels `(batch,)` as float32 `(batch, num_classes)`."""
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        return ops.one_hot(labels, self.num_classes, dtype="float32")

    def classes_to_generate(self, labels, count):
        """Returns the classes of images to generate, as one-hot vectors.

        Args:
            labels: As of `zoo.engine.labels.labels_to_generate`.
            count: Number of images.

        Returns:
            float32 array `(count, num_classes)`; `None` without classes.

        Raises:
            ValueError: As `zoo.engine.labels.labels_to_generate`.
        """
        labels = labels_to_generate(labels, count, self.num_classes)
        if labels is None:
            return None
        return np.eye(self.num_classes, dtype="float32")[labels]

    def pictures(self, count, seed=None, inputs=None, **arguments):
        """Makes pictures for a grid: the same latents in a row per label."""
        if self.num_classes is None:
            return super().pictures(count, seed, inputs, **arguments)
        return pictures_by_label(self, count, seed, **arguments)

    def check_batch(self, batch):
        """Raises a ValueError for data that can't be trained on."""
        super().check_batch(batch)
        check_batch_labels(batch, self.num_classes)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "num_classes": self.num_classes}
