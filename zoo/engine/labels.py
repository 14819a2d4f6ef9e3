"""Class labels: which are valid, and which to generate."""

from typing import Any

import keras
import numpy as np


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
            them these are drawn, in their order.

    Returns:
        float32 array `(count, height, width, channels)` in [-1, 1], sorted
        by label; of many labels, the first `grid_rows`.
    """
    rows = model.grid_rows
    if "labels" in arguments or count % rows:
        return model.generate(count, seed=seed, **arguments)
    if seed is None:
        seed = int(np.random.default_rng().integers(2**31))
    return np.concatenate(
        [
            model.generate(count // rows, seed=seed, labels=row, **arguments)
            for row in range(rows)
        ]
    )
