"""Images in an array."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from PIL import Image

from . import decode
from .sources import ImageSource


class ArraySource(ImageSource):
    """A uint8 array in [0, 255] or a float array in [-1, 1].

    Args:
        array: Shape `(n, height, width)` or `(n, height, width, channels)`.
            Not copied where nothing has to be prepared.
    """

    def __init__(self, array: np.ndarray):
        _check_array(array)
        self.array = array[..., None] if array.ndim == 3 else array
        self.channels = self.array.shape[-1]

    def __len__(self) -> int:
        return len(self.array)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return f"number {index} of the array"

    def load(self, index: int, image_size: int, channels: int) -> np.ndarray:
        """Return what is prepared of that index."""
        return decode.prepare_array(self._bytes(index), image_size, channels)

    def load_whole(self, index: int, channels: int) -> Image.Image:
        """Return the image in its own size, upright."""
        return decode.whole_array(self._bytes(index), channels)

    def _bytes(self, index):
        image = self.array[index]
        return image if image.dtype == np.uint8 else decode.to_bytes(image)

    def ready(self, image_size: int, channels: int) -> np.ndarray | None:
        """Return all images, exact, or `None` if they need Pillow.

        Returns:
            A uint8 or float32 array `(n, size, size, channels)`.
        """
        _, height, width, own = self.array.shape
        top, left, side = decode.centre_square(height, width)
        repeats = 3 if (own, channels) == (1, 3) else 1
        if side != image_size or own * repeats != channels:
            return None
        images = self.array[:, top : top + side, left : left + side]
        if repeats > 1:
            images = np.repeat(images, repeats, axis=-1)
        if images.dtype == np.uint8:
            return images
        return images.astype(np.float32, copy=False)

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        content = np.ascontiguousarray(self.array)
        digest = hashlib.sha256(content.data).hexdigest()
        return digest, str(content.dtype), content.shape


def _check_array(array: np.ndarray) -> None:
    received = f"Received: shape {array.shape}, dtype {array.dtype}"
    if array.ndim not in (3, 4) or 0 in array.shape:
        raise ValueError(
            "An array of images must have the shape (n, height, width) or "
            f"(n, height, width, channels), nothing empty. {received}"
        )
    if array.ndim == 4 and array.shape[-1] > 4:
        raise ValueError(
            f"Images must have 1 to 4 channels, the last axis. {received}"
        )
    if array.dtype == np.uint8:
        return
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            "An array of images must be uint8 in [0, 255] or float in "
            f"[-1, 1]. {received}"
        )
    low, high = array.min(), array.max()
    # Written so that a NaN fails too.
    if not (low >= -1 and high <= 1):
        raise ValueError(
            "Float images must be in [-1, 1]; images in [0, 255] must be "
            f"uint8. Received: values from {low} to {high}"
        )
