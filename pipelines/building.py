"""From an opened source to a dataset: checks, cache, order, batches."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines import checks, decode, packing
from pipelines.order import Order, call
from pipelines.packing import Request
from pipelines.sources import ArraySource, Source


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
    checks.integer("image_size", image_size, minimum=1)
    checks.integer("batch_size", batch_size, minimum=1)
    checks.integer("shuffle_seed", shuffle_seed, minimum=0)
    checks.one_of("on_error", on_error, ("raise", "skip"))
    checks.cache(cache)
    if channels is not None:
        checks.integer("channels", channels, minimum=1, maximum=4)
    opened, labels = open_source()
    channels = _channels(opened, channels)
    request = Request(opened, image_size, channels, on_error == "skip")
    kept, load = loader(request, cache)
    checks.batch_fits(len(kept), batch_size, drop_remainder)
    order = Order(
        len(kept),
        batch_size,
        shuffle=shuffle,
        seed=shuffle_seed,
        flip=flip,
        repeat=repeat,
        drop_remainder=drop_remainder,
    )
    size = batch_size if drop_remainder else None
    shape = (size, image_size, image_size, channels)
    labels = None if labels is None else labels[kept]
    batches = _Batches(load, shape, labels)
    return finish(order.batches().map(batches, tf.data.AUTOTUNE))


def _channels(source: Source, channels: int | None) -> int:
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

    def __init__(
        self,
        load: Callable[[np.ndarray], np.ndarray],
        shape: tuple[int | None, ...],
        labels: np.ndarray | None,
    ):
        self.load = load
        self.shape = shape
        self.labels = labels

    def read(self, places: np.ndarray, flips: np.ndarray) -> np.ndarray:
        """Return float32 images in [-1, 1] of shape `self.shape`."""
        chosen = self.load(places)
        chosen[flips] = chosen[flips, :, ::-1]
        return decode.to_float(np.asarray(chosen))

    def read_labels(self, places: np.ndarray) -> np.ndarray:
        """Return int32 labels `(batch,)`."""
        return self.labels[places]

    def __call__(self, places: tf.Tensor, flips: tf.Tensor) -> Any:
        """Be what `Dataset.map` calls.

        It reads a whole batch at a time: threads meet at Python's lock once
        per batch and not once per image.
        """
        images = call(self.read, [places, flips], tf.float32)
        images.set_shape(self.shape)
        if self.labels is None:
            return images
        labels = call(self.read_labels, [places], tf.int32)
        labels.set_shape(self.shape[:1])
        return images, labels


def finish(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Set the options that all pipelines have, and prefetch."""
    options = tf.data.Options()
    options.deterministic = True
    # The source is an order and no list of files that could be divided.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)
