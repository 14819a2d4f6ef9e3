"""`pipelines.super_resolution`: pairs of crops of low and high resolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from . import checks
from .building import finish
from .crops import CropOrder, Pairs, Photos
from .modes import MODES
from .photos import desktop_photos
from .resolve import resolve
from .sources import FilesSource

GROUP = 16
"""Photos whose crops are mixed with each other, where not all are kept."""


def super_resolution(
    source: Any,
    crop_size: int = 96,
    batch_size: int = 16,
    *,
    scale: int = 4,
    crops: int = 16,
    shrink: int = 1,
    channels: int = 3,
    split: str = "train",
    shuffle_seed: int = 0,
    augment: bool = True,
    cache: bool = False,
    repeat: bool = False,
    drop_remainder: bool = True,
    on_error: str = "raise",
    data_dir: str | None = None,
) -> tf.data.Dataset:
    """Make a pipeline of pairs of random crops, ready for `model.fit`.

    In each epoch, every photo gives the same number of crops, so that large
    ones count no more than others. A crop's low image is made by Pillow's
    antialiased bicubic filter, of the photo's pixels around the crop too: it
    equals that part of the whole photo's low image.

    A photo is decoded once for all its crops of an epoch, those of 16 photos
    being mixed; with `cache`, once for all epochs, and all crops are mixed.
    All are decoded at the start too, so that what is wrong shows there.

    Places, flips, turns and the order of an epoch depend on `shuffle_seed`
    and the epoch's number alone, as in `pipelines.images`.

    Example:
    ```python
    pairs = pipelines.super_resolution("photos", crop_size=96, batch_size=16)
    model.fit(pairs, epochs=10)
    ```

    Args:
        source: A folder, a .zip file, a list of image files, an array
            `(n, h, w, c)`, TFRecord files or "tfds:NAME", as of
            `pipelines.images`; or "desktop_photos" (see
            `pipelines.desktop_photos`).
        crop_size: Height and width of a high image, a multiple of `scale`.
        batch_size: Pairs per batch.
        scale: Factor between the two, from 2.
        crops: Crops of each photo in an epoch.
        shrink: Factor by which photos are first made smaller, which sharpens
            those that are soft at their full size.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).
        split: "train", or another split of a source that has several.
        shuffle_seed: Seed of all that is random.
        augment: Whether to flip and turn crops by quarters at random.
        cache: Whether to keep all decoded photos in memory, at 4 bytes a
            pixel.
        repeat: One endless iterator instead of one per epoch.
        drop_remainder: Leave out an epoch's last, smaller batch.
        on_error: "raise" on a photo that is unreadable or too small, or
            "skip" it with a warning.
        data_dir: Where TFDS keeps its data sets.

    Returns:
        A dataset of `(low, high)`: float32 in [-1, 1], `(batch, crop_size /
        scale, crop_size / scale, channels)` and `(batch, crop_size,
        crop_size, channels)`.

    Raises:
        ValueError: An argument out of its range, no photos, a photo that is
            smaller than a crop or can't be read, or fewer crops than a batch
            takes.
        FileNotFoundError: There is nothing at a path.
    """
    counts = {"crop_size": crop_size, "batch_size": batch_size}
    counts |= {"crops": crops, "shrink": shrink}
    for name, value in counts.items():
        checks.integer(name, value, minimum=1)
    checks.integer("scale", scale, minimum=2)
    checks.integer("shuffle_seed", shuffle_seed, minimum=0)
    checks.one_of("on_error", on_error, ("raise", "skip"))
    if channels not in MODES:
        raise ValueError(
            f"`channels` must be 1, 3 or 4. Received: channels={channels!r}"
        )
    if crop_size % scale:
        raise ValueError(
            f"`crop_size` must be a multiple of the scale, {scale}. "
            f"Received: crop_size={crop_size}"
        )
    opened = open_photos(source, split, data_dir)
    photos = Photos(opened, channels, shrink, None if cache else 2 * GROUP)
    kept = photos.usable(crop_size, on_error == "skip")
    checks.batch_fits(len(kept) * crops, batch_size, drop_remainder)
    order = CropOrder(
        kept,
        crops,
        batch_size,
        group=len(kept) if cache else GROUP,
        seed=shuffle_seed,
        repeat=repeat,
        drop_remainder=drop_remainder,
    )
    batch = batch_size if drop_remainder else None
    pairs = Pairs(photos, batch, crop_size, scale, channels, augment)
    return finish(order.batches().map(pairs, tf.data.AUTOTUNE))


def open_photos(source: Any, split: str, data_dir: str | None) -> Any:
    """Open a source; see `super_resolution` for what it may be."""
    if isinstance(source, str) and source == "desktop_photos":
        return FilesSource(desktop_photos())
    return resolve(source, split, data_dir)


def low_resolution(image: np.ndarray, scale: int) -> np.ndarray:
    """Make an image smaller by Pillow's antialiased bicubic filter.

    Args:
        image: uint8 `(height, width, channels)`, of 1, 3 or 4 channels,
            height and width multiples of `scale`.
        scale: The factor.

    Returns:
        uint8 `(height / scale, width / scale, channels)`.

    Raises:
        ValueError: Height or width is no multiple of `scale`.
    """
    height, width, channels = image.shape
    if height % scale or width % scale:
        raise ValueError(
            f"Height and width must be multiples of {scale}. "
            f"Received: shape={image.shape}"
        )
    plane = image[..., 0] if channels == 1 else image
    small = Image.fromarray(np.ascontiguousarray(plane)).resize(
        (width // scale, height // scale), Image.Resampling.BICUBIC
    )
    return np.asarray(small).reshape(height // scale, width // scale, channels)
