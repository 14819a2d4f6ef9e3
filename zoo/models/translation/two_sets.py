"""What models of translation are given: two sets of images, or one to show."""

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.engine import batches


def unpack(data: Any) -> tuple[Any, Any]:
    """Returns the images of both sets of a batch, as tensors.

    Args:
        data: What `fit` hands to a step: `(a, b)`, as arrays or tensors.

    Returns:
        Two tensors.
    """
    a, b, _ = keras.utils.unpack_x_y_sample_weight(data)
    return ops.convert_to_tensor(a), ops.convert_to_tensor(b)


def check(
    batch: Any, names: tuple[str, str], shapes: tuple[tuple, tuple]
) -> None:
    """Checks a batch of two sets of images, as many of each.

    Args:
        batch: `(a, b)`, as the data yield it.
        names: What the images of each set are called, for the errors.
        shapes: `(height, width, channels)` of each.

    Raises:
        ValueError: A set is missing, has other images, or fewer than the
            other.
    """
    a, b, _ = keras.utils.unpack_x_y_sample_weight(batch)
    if b is None:
        raise ValueError(
            f"Expected batches of ({', '.join(names)}). "
            f"Received: {type(batch).__name__} without {names[1]}"
        )
    for images, shape, name in zip((a, b), shapes, names, strict=True):
        batches.check_images(images, shape, name)
    if len(a) != len(b):
        raise ValueError(
            f"Expected batches with as many {names[0]} as {names[1]}. "
            f"Received: {len(a)} and {len(b)}"
        )


def to_show(count: int, inputs: Any) -> np.ndarray:
    """Returns the images whose translations are to be looked at.

    Args:
        count: How many.
        inputs: At least as many images, or `None`.

    Returns:
        The first ones, as a float32 array.

    Raises:
        ValueError: There are fewer.
    """
    if inputs is None or len(inputs) < count:
        raise ValueError(
            f"Argument `inputs` must be at least {count} images to "
            "translate (on the command line, `zoo translate`). Received: "
            f"{'none' if inputs is None else len(inputs)}"
        )
    return np.asarray(inputs[:count], "float32")
