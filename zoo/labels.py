"""Class labels: those of data, and those that are asked for."""

from typing import Any

import keras
import numpy as np


def check_labels(labels: Any, count: int, num_classes: int) -> np.ndarray:
    """Returns integer labels, one per image.

    Args:
        labels: Integers `(count,)` or `(count, 1)` in [0, num_classes).
        count: Number of images.
        num_classes: Number of classes.

    Returns:
        int32 array `(count,)`.

    Raises:
        ValueError: Labels that are missing, of another dtype or number, or
            out of range.
    """
    expected = f"{count} integer labels in [0, {num_classes})"
    if labels is None:
        raise ValueError(f"Expected {expected}. Received: labels=None")
    labels = np.asarray(keras.ops.convert_to_numpy(labels))
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"Expected {expected}. Received: labels of dtype {labels.dtype}"
        )
    if labels.shape not in ((count,), (count, 1)):
        raise ValueError(
            f"Expected {expected}. Received: labels of shape {labels.shape}"
        )
    low, high = labels.min(initial=0), labels.max(initial=0)
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"Expected {expected}. Received: labels in [{low}, {high}]"
        )
    return labels.reshape(-1).astype("int32")


def labels_to_generate(labels: Any, count: int, num_classes: int) -> np.ndarray:
    """Returns the labels of images to be generated.

    Args:
        labels: Labels, as for `check_labels`; one integer for all images;
            or `None` for all classes in turn.
        count: Number of images.
        num_classes: Number of classes.

    Returns:
        int32 array `(count,)`.

    Raises:
        ValueError: As of `check_labels`.
    """
    if labels is None:
        return np.arange(count, dtype="int32") % num_classes
    if np.ndim(labels) == 0:
        labels = np.repeat(np.asarray(labels), count)
    return check_labels(labels, count, num_classes)
