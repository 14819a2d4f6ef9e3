"""Data for a training, and what they decide of its model."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a training is fed.

    Attributes:
        data: A `tf.data.Dataset` for `fit`.
        arguments: Arguments of the model's class that the data decide; a
            recipe's own arguments go before them.
        preview: For models that translate, the images that grids of samples
            are made of: float32 `(count, height, width, channels)` in
            [-1, 1], held out of `data`. `None` for models that need none.
    """

    data: Any
    arguments: dict[str, Any]
    preview: np.ndarray | None = None


def images(settings: Any) -> Inputs:
    """Makes batches of images, by `pipelines.images`.

    Args:
        settings: A `zoo.training.Settings`.

    Returns:
        The data, and `image_shape`.
    """
    import pipelines  # Imports TensorFlow, on every backend.

    data = pipelines.images(settings.data, **_options(settings))
    return Inputs(data, {"image_shape": tuple(data.element_spec.shape[1:])})


def labelled_images(settings: Any) -> Inputs:
    """Makes batches of images with labels, by `pipelines.labelled_images`.

    Args:
        settings: A `zoo.training.Settings`.

    Returns:
        The data, `image_shape` and `num_classes`.
    """
    import pipelines

    data = pipelines.labelled_images(settings.data, **_options(settings))
    shape = tuple(data.element_spec[0].shape[1:])
    classes = len(pipelines.class_names(settings.data))
    return Inputs(data, {"image_shape": shape, "num_classes": classes})


def _options(settings):
    return {
        "image_size": settings.size,
        "batch_size": settings.batch_size,
        "channels": settings.channels,
        "flip": settings.flip,
        "shuffle_seed": settings.seed,
        "cache": True,
    }
