"""From an opened source to a dataset: checks, cache, order, batches."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from . import checks, decode, packing
from .arrays import ArraySource
from .order import Order, call
from .packing import Request
from .sources import Source


def build(
    open_source: Callable[[], tuple[Source, np.ndarray | None]],
    image_size: int,
    batch_size: int,
    *,
    channels: int | None = None,
    shuffle: bool = True,
    shuffle_seed: int = 0,
    flip: bool = False,
    cache: bool | str | os.PathLike = False,
    repeat: bool = False,
    drop_remainder: bool = True,
    on_error: str = "raise",
) -> tf.data.Dataset:
    """Make the pipeline of `images`, or that of `labelled_images`.

    Args:
        open_source: Called once the other arguments are known to be good;
            returns the images, and the int32 label `(n,)` of each or `None`.
        image_size: As `images`, like all that follow.
        batch_size: Images per batch.
        channels: Channels of the images.
        shuffle: Another order in each epoch.
        shuffle_seed: Seed of order and flips.
        flip: Mirror a random half of the images.
        cache: Where prepared images are kept.
        repeat: One endless iterator.
        drop_remainder: Leave out a smaller last batch.
        on_error: "raise" or "skip".

    Returns:
        A `tf.data.Dataset` of images, or of `(images, labels)`.
    """
    checks.options(image_size, batch_size, channels, shuffle_seed, on_error)
    checks.cache(cache)
    source, labels = open_source()
    channels = channels_of(source, channels)
    request = Request(source, image_size, channels, on_error == "skip")
    images = prepare(request, labels, cache)
    checks.batch_fits(images.count, batch_size, drop_remainder)
    order = Order(
        images.count,
        batch_size,
        shuffle=shuffle,
        seed=shuffle_seed,
        flip=flip,
        repeat=repeat,
        drop_remainder=drop_remainder,
    )
    return finish(batches(images, order, image_size))


@dataclass(frozen=True)
class Prepared:
    """Images, ready to be read by their places.

    Attributes:
        load: Maps int64 places `(batch,)` in `0 <= place < count` to square
            images `(batch, size, size, channels)`, uint8 or float32.
        count: Number of images.
        channels: Their channels.
        labels: int32 `(count,)`, or `None`.
    """

    load: Callable[[np.ndarray], np.ndarray]
    count: int
    channels: int
    labels: np.ndarray | None


def prepare(
    request: Request,
    labels: np.ndarray | None,
    cache: bool | str | os.PathLike,
) -> Prepared:
    """Make a source's images ready to be read.

    Args:
        request: Which images, and how large.
        labels: int32 `(len(source),)`, or `None`.
        cache: `True` holds the prepared images in memory, a path to a .npy
            file on disk.

    Returns:
        The images that can be read.
    """
    kept, load = loader(request, cache)
    labels = None if labels is None else labels[kept]
    return Prepared(load, len(kept), request.channels, labels)


def batches(images: Prepared, order: Order, image_size: int) -> tf.data.Dataset:
    """Return the dataset of an order's batches of images.

    Args:
        images: At least `image_size` pixels wide.
        order: Which of them, and how they are jittered.
        image_size: Height and width of what is cropped of them.

    Returns:
        A dataset of images, or of `(images, labels)`.
    """
    size = order.batch_size if order.drop_remainder else None
    shape = (size, image_size, image_size, images.channels)
    return order.batches().map(_Batches(images, shape), tf.data.AUTOTUNE)


def channels_of(source: Source, channels: int | None) -> int:
    """Return the channels that a source's images are to have."""
    if channels is None:
        return source.channels
    if (channels == 2) != (source.channels == 2):
        raise ValueError(
            "Two channels stay two: they are converted neither to nor from "
            "other numbers of channels. Received: "
            f"channels={channels} for images with {source.channels}"
        )
    return channels


def loader(
    request: Request, cache: bool | str | os.PathLike
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return the kept images' indices, and a function from places among them.

    The function maps int64 places `(batch,)` in `0 <= place < len(kept)` to
    images.
    """
    source = request.source
    if isinstance(source, ArraySource):
        ready = source.ready(request.image_size, request.channels)
        if ready is not None:
            return np.arange(len(ready)), ready.__getitem__
    if not isinstance(cache, bool):
        packed, kept = packing.pack_file(request, cache)
        return kept, packed.__getitem__
    if cache or isinstance(source, ArraySource):
        packed, kept = packing.pack(request)
        return kept, packed.__getitem__
    if request.skip:
        kept = packing.readable(request)
    else:
        request.load(0)  # A wrong folder shows here, not in the first epoch.
        kept = np.arange(len(source))
    return kept, lambda places: np.stack(
        [request.load(index) for index in kept[places]]
    )


class _Batches:
    """Batches of images, with labels if there are any, from their places."""

    def __init__(self, images: Prepared, shape: tuple[Any, ...]):
        self.images = images
        self.shape = shape

    def read(
        self,
        places: np.ndarray,
        flips: np.ndarray,
        draws: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return float32 images in [-1, 1] of shape `self.shape`."""
        chosen = jittered(self.images.load(places), flips, draws, self.shape[1])
        return decode.to_float(np.asarray(chosen))

    def read_labels(self, places: np.ndarray) -> np.ndarray:
        """Return int32 labels `(batch,)`, where there are any."""
        labels: Any = self.images.labels
        return labels[places]

    def __call__(self, places: tf.Tensor, *drawn: tf.Tensor) -> Any:
        """Be what `Dataset.map` calls.

        It reads a whole batch at a time: threads meet at Python's lock once
        per batch and not once per image.
        """
        images = call(self.read, [places, *drawn], tf.float32)
        images.set_shape(self.shape)
        if self.images.labels is None:
            return images
        labels = call(self.read_labels, [places], tf.int32)
        labels.set_shape(self.shape[:1])
        return images, labels


def jittered(
    images: np.ndarray,
    flips: np.ndarray,
    draws: np.ndarray | None,
    size: int,
) -> np.ndarray:
    """Crop images where it was drawn, then mirror those of `flips`.

    Args:
        images: `(batch, larger, larger, channels)`, which may be changed.
        flips: bool `(batch,)`.
        draws: In [0, 1), `(batch, 2)`: the top and the left of the crops as
            parts of the way; `None` for images of the size already.
        size: Height and width of the crops.

    Returns:
        An array `(batch, size, size, channels)`.
    """
    if draws is not None:
        corners = np.floor(draws * (images.shape[1] - size + 1)).astype(int)
        crops = [
            image[top : top + size, left : left + size]
            for image, (top, left) in zip(images, corners, strict=True)
        ]
        images = np.stack(crops)
    images[flips] = images[flips, :, ::-1]
    return images


def finish(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset with the options of every pipeline."""
    options = tf.data.Options()
    options.deterministic = True
    # The source is an order and no list of files that could be divided.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)
