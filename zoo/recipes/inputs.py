"""Data for a training, and what they decide of its model."""

import dataclasses
import importlib
import warnings
from typing import Any

import numpy as np

from zoo import siblings


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
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        The data, and `image_shape`.
    """
    data = siblings.pipelines.images(settings.data, **_options(settings))
    return Inputs(data, {"image_shape": tuple(data.element_spec.shape[1:])})


def labelled_images(settings: Any) -> Inputs:
    """Makes batches of images with labels, by `pipelines.labelled_images`.

    Args:
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        The data, `image_shape` and `num_classes`.
    """
    data = siblings.pipelines.labelled_images(
        settings.data, **_options(settings)
    )
    shape = tuple(data.element_spec[0].shape[1:])
    classes = len(siblings.pipelines.class_names(settings.data))
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


def all_images(
    source: str,
    size: int,
    channels: int | None,
    split: str = "train",
    labelled: bool = False,
) -> Any:
    """Returns batches of all images of a source, in order.

    Args:
        source: Whatever `pipelines.images` takes.
        size: Height and width, in pixels.
        channels: Channels, or `None` as the source has them.
        split: The split.
        labelled: Whether labels come with them.

    Returns:
        A `tf.data.Dataset`.
    """
    pipelines = siblings.pipelines
    make = pipelines.labelled_images if labelled else pipelines.images
    return make(
        source,
        size,
        64,
        split=split,
        channels=channels,
        shuffle=False,
        drop_remainder=False,
    )


def common_size(source: str) -> int:
    """Returns the height and width of the images of a source.

    Args:
        source: Whatever `pipelines.images` takes.

    Returns:
        That of most of them; where they differ, there is a warning.

    Raises:
        ValueError: An image is no square, or can't be read.
    """
    sizes = importlib.import_module("zoo.pipelines.sizes")
    counts, names = sizes.sizes_of(source)
    oblong = [size for size in counts if size[0] != size[1]]
    if oblong:
        height, width = oblong[0]
        raise ValueError(
            "Expected square images, as models make them, or --size, for "
            "which centre squares are cut and resized. Received: "
            f"{names[oblong[0]]} of {width} x {height} pixels"
        )
    # Of two that are as common, the larger.
    (size, _), *others = sorted(
        counts, key=lambda size: (counts[size], size), reverse=True
    )
    if others:
        listed = ", ".join(
            f"{counts[x]} of {x[0]} (such as {names[x]})" for x in others[:3]
        )
        warnings.warn(
            "The images are of several sizes, which changes what is measured: "
            f"{counts[size, size]} are of {size} x {size} pixels; others are "
            f"resized to that: {listed}",
            stacklevel=2,
        )
    return size


def test_images(*source: Any, **options: Any) -> Any:
    """Returns batches of all images of a source's test split.

    Args:
        *source: Source, size and channels, the arguments of `all_images`.
        **options: Further arguments of `all_images`.

    Returns:
        A `tf.data.Dataset`; `None` where the source has no such split.
    """
    try:
        return all_images(*source, split="test", **options)
    except ValueError:
        return None
