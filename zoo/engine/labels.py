"""Class labels: which are valid, their names, and which to generate."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.utils import checks


def check_class_names(
    names: Iterable[str] | None, num_classes: int | None
) -> tuple[str, ...] | None:
    """Returns the names of classes, in the order of their numbers.

    Args:
        names: One name for each class, or `None`.
        num_classes: Number of classes, or `None` for a model without.

    Returns:
        A tuple of them, or `None`.

    Raises:
        ValueError: They are not as many names, each of another class.
    """
    if names is None:
        return None
    found = () if isinstance(names, str) else tuple(names)
    alike = len(set(found)) < len(found)
    wrong = alike or not all(isinstance(x, str) and x for x in found)
    if wrong or len(found) != num_classes:
        raise ValueError(
            "Attribute `class_names` must hold a name for each of "
            f"`num_classes` = {num_classes} classes, no two alike. "
            f"Received: {names!r}"
        )
    return found


def labels_by_name(labels: Any, names: Sequence[str] | None) -> Any:
    """Returns labels as numbers where they are names of classes.

    Args:
        labels: A name, a sequence of names, or anything else.
        names: Names of all classes in the order of their numbers, or `None`.

    Returns:
        An integer or a list of them for names; all else as it is.

    Raises:
        ValueError: A name that is not among them, or there are none.
    """
    several = isinstance(labels, list | tuple | np.ndarray)
    asked = np.asarray(labels).tolist() if several else [labels]
    if not asked or not all(isinstance(name, str) for name in asked):
        return labels
    if names is None:
        raise ValueError(
            "The model knows no names of classes; give numbers, or set "
            f"`model.class_names`. Received: labels={labels!r}"
        )
    unknown = [name for name in asked if name not in names]
    if unknown:
        hint = checks.did_you_mean(unknown[0], names)
        raise ValueError(
            f"Expected names of classes, of {list(names)}.{hint} "
            f"Received: {unknown[0]!r}"
        )
    numbers = [names.index(name) for name in asked]
    return numbers if several else numbers[0]


def check_labels(labels: Any, count: int, num_classes: int) -> np.ndarray:
    """Returns one label per image.

    Args:
        labels: Integers `(count,)`, or one for all.
        count: Number of images.
        num_classes: Number of classes; labels are 0 to `num_classes - 1`.

    Returns:
        int32 array `(count,)`.

    Raises:
        ValueError: Labels that are no such integers.
    """
    expected = (
        f"Labels must be {count} integers from 0 to {num_classes - 1}, or one"
    )
    try:
        array = np.asarray(keras.ops.convert_to_numpy(labels))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{expected}. Received: {labels!r}") from error
    if array.dtype.kind not in "iu" or array.shape not in ((), (count,)):
        raise ValueError(
            f"{expected}. Received: dtype={array.dtype}, shape={array.shape}"
        )
    if array.min() < 0 or array.max() >= num_classes:
        raise ValueError(
            f"{expected}. Received: labels from {array.min()} to {array.max()}"
        )
    return np.broadcast_to(array, (count,)).astype("int32")


def check_batch_labels(batch: Any, num_classes: int | None) -> None:
    """Checks the labels of a batch to train on.

    Args:
        batch: What `fit` is given: images, or `(images, labels)`.
        num_classes: Number of classes, or `None` for a model without, which
            has no use for labels.

    Raises:
        ValueError: There are no labels, or not one for each image.
    """
    if num_classes is None:
        return
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
    if labels is None:
        raise ValueError(
            "A model with `num_classes` trains on (images, labels). "
            "Received: images alone"
        )
    check_labels(labels, len(images), num_classes)


def labels_to_generate(
    labels: Any, count: int, num_classes: int | None
) -> np.ndarray | None:
    """Returns the labels of images that are to be generated.

    Args:
        labels: Integers `(count,)`, one for all, or `None` for all classes
            in turn.
        count: Number of images.
        num_classes: Number of classes, or `None` for a model without.

    Returns:
        int32 array `(count,)`; `None` for a model without classes.

    Raises:
        ValueError: Labels that are not valid, or any for a model without
            classes.
    """
    if num_classes is None:
        if labels is not None:
            raise ValueError(
                "Argument `labels` needs a model with `num_classes`. "
                f"Received: labels={labels!r}"
            )
        return None
    if labels is None:
        return np.arange(count, dtype="int32") % num_classes
    return check_labels(labels, count, num_classes)


def one_hot_to_generate(
    labels: Any, count: int, num_classes: int | None
) -> np.ndarray | None:
    """Returns the classes of images to generate, as one-hot vectors.

    Args:
        labels: Integers `(count,)`, one for all, or `None` for all classes in
            turn.
        count: Number of images.
        num_classes: Number of classes, or `None` for a model without.

    Returns:
        float32 array `(count, num_classes)`; `None` for a model without
        classes.

    Raises:
        ValueError: As `labels_to_generate`.
    """
    labels = labels_to_generate(labels, count, num_classes)
    if labels is None or num_classes is None:
        return None
    return np.eye(num_classes, dtype="float32")[labels]


def pictures_by_label(
    model: Any, count: int, seed: int | None, **arguments: Any
) -> np.ndarray:
    """Draws the same latents for each label: a row of a grid for each.

    Args:
        model: With `num_classes`, `grid_rows` and `generate`.
        count: Number of pictures, a multiple of `grid_rows`.
        seed: Seed of the latents.
        **arguments: Further arguments of `generate`; with `labels` among
            them, or `latents`, these are drawn, in their order.

    Returns:
        float32 array `(count, height, width, channels)` in [-1, 1], sorted
        by label; of many labels, the first `grid_rows`.
    """
    rows = model.grid_rows
    if {"labels", "latents"} & set(arguments) or count % rows:
        return model.generate(count, seed=seed, **arguments)
    if seed is None:
        seed = int(np.random.default_rng().integers(2**31))
    return np.concatenate(
        [
            model.generate(count // rows, seed=seed, labels=row, **arguments)
            for row in range(rows)
        ]
    )
