"""Data for a training, and what they decide of its model."""

import dataclasses
import functools
import importlib
import warnings
from collections.abc import Callable, Sequence
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
        class_names: Names of the classes; `None` without classes.
        note: What whoever trains should know of the data; empty for nothing.
    """

    data: Any
    arguments: dict[str, Any]
    preview: np.ndarray | None = None
    class_names: Sequence[str] | None = None
    note: str = ""


def images(settings: Any) -> Inputs:
    """Makes batches of images, by `pipelines.images`.

    Args:
        settings: A `zoo.recipes.settings.Settings`; with `num_classes` among
            its arguments there are labels too.

    Returns:
        The data, and `image_shape`.
    """
    if settings.arguments.get("num_classes") is not None:
        return labelled_images(settings)
    data = _batches(siblings.pipelines.images, settings)
    return Inputs(data, {"image_shape": tuple(data.element_spec.shape[1:])})


def labelled_images(settings: Any) -> Inputs:
    """Makes batches of images with labels, by `pipelines.labelled_images`.

    Args:
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        The data, `image_shape`, `num_classes` and the names of classes, if
        these are all that the model has.

    Raises:
        ValueError: The data have no labels, or more classes than
            `num_classes`, where that is among the arguments.
    """
    names = siblings.pipelines.class_names(settings.data)
    asked = settings.arguments.get("num_classes")
    if asked is not None and len(names) > asked:
        raise ValueError(
            f"The data have {len(names)} classes, and so has the model, or "
            f"more: {', '.join(names)}. Received: num_classes={asked}"
        )
    data = _batches(siblings.pipelines.labelled_images, settings)
    shape = tuple(data.element_spec[0].shape[1:])
    arguments = {"image_shape": shape, "num_classes": len(names)}
    known = names if asked in (None, len(names)) else None
    return Inputs(data, arguments, class_names=known)


def images_and_labels(settings: Any) -> Inputs:
    """Makes batches of images, with labels where the data have classes.

    For models that train with classes or without. `num_classes=None` among
    the arguments asks for none, and a number for some.

    Args:
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        What `labelled_images` or `images` returns.
    """
    if "num_classes" in settings.arguments:
        return images(settings)
    try:
        siblings.pipelines.class_names(settings.data)
    except ValueError as error:
        made = images(settings)  # Which says so, if it is no source at all.
        note = f"Trains without classes. {error}"
        return dataclasses.replace(made, note=note)
    return labelled_images(settings)


def fitting(make: Callable[[int], Any], batch_size: int) -> Any:
    """Makes batches of a size, or a single one of all where there are fewer.

    Args:
        make: Makes the data of a batch size, and raises a ValueError for one
            that is too large, or for another reason.
        batch_size: Items per batch.

    Returns:
        What `make` returns.
    """
    try:
        return make(batch_size)
    except ValueError:
        count = len(make(1))
        if count >= batch_size:
            raise
        return make(count)


def two_sources(data: str, whose: str) -> list[str]:
    """Returns the two sources of `"a,b"`.

    Args:
        data: Two sources with a comma between them.
        whose: Whose data they are, for the error.

    Raises:
        ValueError: They are not two.
    """
    sources = [source.strip() for source in str(data).split(",")]
    if len(sources) != 2 or not all(sources):
        raise ValueError(
            f"The data of a {whose} are two sources with a comma between, "
            f"such as horses,zebras. Received: {data!r}"
        )
    return sources


def _batches(pipeline, settings):
    make = functools.partial(
        pipeline,
        settings.data,
        settings.size,
        channels=settings.channels,
        flip=settings.flip,
        shuffle_seed=settings.seed,
        cache=True,
        on_error=settings.on_error,
    )
    return fitting(make, settings.batch_size)


def all_images(
    source: str,
    size: int,
    channels: int | None,
    split: str = "train",
    labelled: bool = False,
    on_error: str = "raise",
) -> Any:
    """Returns batches of all images of a source, in order.

    Args:
        source: Whatever `pipelines.images` takes.
        size: Height and width, in pixels.
        channels: Channels, or `None` as the source has them.
        split: The split.
        labelled: Whether labels come with them.
        on_error: "raise" or "skip", for files that cannot be read.

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
        on_error=on_error,
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
