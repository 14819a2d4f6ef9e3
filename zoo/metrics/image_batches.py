"""Images as metrics take them: 8-bit batches, whatever they come in."""

import hashlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from zoo.utils.grids import to_uint8

_BATCH = 256  # Images per call of an extractor.


def uint8_batches(
    images: Any,
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yields images as 8-bit batches, as files hold them, with labels.

    Args:
        images: Array `(n, height, width, channels)`, uint8 or float in
            [-1, 1]; or batches of them, alone or as `(images, labels)`, such
            as a `tf.data.Dataset`.

    Yields:
        uint8 `(batch, height, width, channels)`, and labels `(batch,)` or
        `None`.

    Raises:
        ValueError: Images of another shape, dtype or range.
    """
    if hasattr(images, "__array__") and not hasattr(images, "element_spec"):
        for start in range(0, len(images), _BATCH):
            yield _as_uint8(images[start : start + _BATCH]), None
        return
    for batch in images:
        batch, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if labels is not None:
            labels = keras.ops.convert_to_numpy(labels)
        yield _as_uint8(batch), labels


def first_batches(
    images: Any, count: int
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yields the first images of those that `uint8_batches` yields.

    Args:
        images: Array `(n, height, width, channels)`, uint8 or float in
            [-1, 1]; or batches of them, alone or as `(images, labels)`.
        count: Number of images.

    Yields:
        uint8 `(batch, height, width, channels)`, and labels `(batch,)` or
        `None`.

    Raises:
        ValueError: There are fewer, or they are of another shape, dtype or
            range.
    """
    left = count
    for batch, labels in uint8_batches(images):
        part = slice(left)
        yield batch[part], None if labels is None else labels[part]
        left -= len(batch)
        if left <= 0:
            return
    raise ValueError(f"Expected {count} images. Received: {count - left}")


def _as_uint8(images):
    images = keras.ops.convert_to_numpy(images)
    if images.ndim != 4:
        raise ValueError(
            "Expected images of shape (batch, height, width, channels). "
            f"Received: shape={images.shape}"
        )
    if images.dtype == np.uint8:
        return images
    inside = np.abs(images).max(initial=0) <= 1.001  # False for NaN too.
    if not np.issubdtype(images.dtype, np.floating) or not inside:
        raise ValueError(
            "Expected uint8 images, or float images in [-1, 1]. Received: "
            f"dtype={images.dtype}, values in [{images.min()}, {images.max()}]"
        )
    return to_uint8(images)


def fingerprint(images: Any) -> str:
    """Returns a hash of images, whatever batches they come in.

    Args:
        images: Array `(n, height, width, channels)`, or batches, as
            `uint8_batches` takes them.

    Returns:
        40 hexadecimal digits.

    Raises:
        ValueError: There are none, or they are of another shape, dtype or
            range.
    """
    digest, shape = hashlib.sha256(), None
    for batch, _ in uint8_batches(images):
        if shape is None:
            shape = batch.shape[1:]
            digest.update(repr(shape).encode())
        digest.update(np.ascontiguousarray(batch).data)
    if shape is None:
        raise ValueError("The reference holds no images. Received: none")
    return digest.hexdigest()[:40]
