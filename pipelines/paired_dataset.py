"""`pipelines.paired_images`: source and target images, for translation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from . import checks, decode
from .building import channels_of, finish, jittered, loader
from .order import Order, call
from .packing import Request
from .pairs import check_sizes, open_pairs


def paired_images(
    source: Any,
    image_size: int = 256,
    batch_size: int = 1,
    *,
    load_size: int | None = None,
    channels: int | tuple[int | None, int | None] | None = None,
    reverse: bool = False,
    split: str = "train",
    keys: tuple[str, str] = ("source", "target"),
    shuffle: bool = True,
    shuffle_seed: int = 0,
    flip: bool = True,
    cache: bool | str | os.PathLike = False,
    repeat: bool = False,
    drop_remainder: bool = True,
    data_dir: str | None = None,
    on_error: str = "raise",
) -> tf.data.Dataset:
    """Make a pipeline of pairs of images, for models that translate.

    As in Isola et al. 2017, section 6.2, a pair is resized to `load_size`,
    cropped at a random place and mirrored at random, both images alike. For
    test images use `load_size=image_size, flip=False, shuffle=False`.

    Order, crops and flips of an epoch depend on `shuffle_seed` and the
    epoch's number alone; see `pipelines.images`, also for how images are
    turned, made square and resized.

    Example:
    ```python
    train = pipelines.paired_images("facades/train", 256, reverse=True)
    model.fit(train, epochs=200)
    ```

    Args:
        source: One of
            a pair of folders, or of .zip files, whose files pair by name,
            endings aside;
            a folder or .zip file of images that show source and target side
            by side, the paper's format;
            a pair of arrays as for `pipelines.images`, or one array of
            images side by side;
            "tfds:NAME", a prepared TFDS set with two image features, `keys`.
        image_size: Height and width of the crops, in pixels.
        batch_size: Pairs per batch, 1 as in the paper.
        load_size: Height and width before the crop, in pixels; by default
            286 for crops of 256, and in proportion.
        channels: 1, 3 or 4 to convert images to, `None` for an array's own
            number and 3 for all else; or a pair of them for source and
            target.
        reverse: Whether to take targets for sources, and sources for targets.
        split: What TFDS accepts, such as "train[:80%]".
        keys: Names of the TFDS set's features of sources and targets.
        shuffle: Another order in each epoch.
        shuffle_seed: Non-negative integer for order, crops and flips.
        flip: Mirror a random half of the pairs, left to right.
        cache: `True` holds the images in memory, at `load_size`; a path to a
            .npy file holds them on disk: two are made, with `-first` and
            `-second` before the ending of its name.
        repeat: One endless iterator through epoch after epoch.
        drop_remainder: Leave out each epoch's last, smaller batch.
        data_dir: Where TFDS keeps its data sets; `None` means its default.
        on_error: "raise" for a file that cannot be read, or "skip": its pair
            is left out, and a warning names the file.

    Returns:
        A `tf.data.Dataset` of `(source, target)`: float32 batches in
        [-1, 1], each `(batch_size, image_size, image_size, channels)`.

    Raises:
        ValueError: If an argument or an image is not as described: files
            that have no namesake, a source without images, two images of
            different sizes, an image smaller than the crop.
        FileNotFoundError: If `source` is a path at which there is nothing,
            or a TFDS set that is not prepared.
    """
    checks.integer("image_size", image_size, minimum=1)
    checks.integer("batch_size", batch_size, minimum=1)
    checks.integer("shuffle_seed", shuffle_seed, minimum=0)
    checks.cache(cache)
    checks.one_of("on_error", on_error, ("raise", "skip"))
    skip = on_error == "skip"
    if load_size is None:
        load_size = round(image_size * 286 / 256)
    checks.integer("load_size", load_size, minimum=image_size)
    sources = open_pairs(source, split, data_dir, keys)
    check_sizes(*sources, image_size, skip)
    asked = channels if isinstance(channels, tuple | list) else [channels] * 2
    requests = [
        Request(side, load_size, channels_of(side, number), skip)
        for side, number in zip(sources, asked, strict=True)
    ]
    loaded = [
        loader(request, _cache(cache, name))
        for request, name in zip(requests, ("first", "second"), strict=True)
    ]
    whole = np.intersect1d(loaded[0][0], loaded[1][0])
    sides = [
        _Side(load, np.searchsorted(kept, whole), request.channels)
        for (kept, load), request in zip(loaded, requests, strict=True)
    ]
    count = len(whole)
    checks.batch_fits(count, batch_size, drop_remainder)
    order = Order(
        count,
        batch_size,
        shuffle=shuffle,
        seed=shuffle_seed,
        flip=flip,
        repeat=repeat,
        drop_remainder=drop_remainder,
        draws=2,
    )
    size = batch_size if drop_remainder else None
    crops = _Pairs(sides[::-1] if reverse else sides, image_size, size)
    return finish(order.batches().map(crops, tf.data.AUTOTUNE))


class _Side:
    """One image of each pair.

    Attributes:
        channels: Channels of the images.
    """

    def __init__(
        self,
        load: Callable[[np.ndarray], np.ndarray],
        places: np.ndarray,
        channels: int,
    ):
        self._load = load
        self._places = places
        self.channels = channels

    def load(self, pairs: np.ndarray) -> np.ndarray:
        """Return the images of pairs that are whole, by their numbers."""
        return self._load(self._places[pairs])


class _Pairs:
    """Batches of pairs, from their places and what was drawn for each."""

    def __init__(self, sides: list[_Side], image_size: int, batch: int | None):
        self.sides = sides
        self.image_size = image_size
        self.batch = batch

    def read(
        self, places: np.ndarray, flips: np.ndarray, draws: np.ndarray
    ) -> list[np.ndarray]:
        """Return two float32 batches in [-1, 1], jittered alike."""
        return [
            decode.to_float(
                jittered(side.load(places), flips, draws, self.image_size)
            )
            for side in self.sides
        ]

    def __call__(self, places: tf.Tensor, flips: tf.Tensor, draws: tf.Tensor):
        """Be what `Dataset.map` calls."""
        types = [tf.float32, tf.float32]
        batches = call(self.read, [places, flips, draws], types)
        for images, side in zip(batches, self.sides, strict=True):
            size = self.image_size
            images.set_shape((self.batch, size, size, side.channels))
        return tuple(batches)


def _cache(cache, name):
    if isinstance(cache, bool):
        return cache
    path = Path(cache)
    return path.with_name(f"{path.stem}-{name}{path.suffix}")
