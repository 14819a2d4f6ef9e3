"""Random crops of large photos, which are decoded once for many of them."""

from __future__ import annotations

import collections
import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf
from PIL import Image

from . import decode
from .order import Order, call
from .sources import ImageSource

_SYMMETRIES = 8  # Of a square: four turns, mirrored or not.
_CROPS = 2  # A random stream of an epoch, beside those of `pipelines.order`.


class CropOrder(Order):
    """Which photo each crop of an epoch is of, and a seed for its place.

    Args:
        kept: Indices of the photos, `(count,)`.
        crops: Crops of each in an epoch.
        batch_size: Crops per batch.
        group: Photos whose crops are mixed with each other.
        seed: Non-negative integer that all draws depend on.
        repeat: One endless iterator over epochs 0, 1, 2, ...
        drop_remainder: Leave out each epoch's last, smaller batch.
    """

    @property
    def types(self) -> list[tf.DType]:
        """Of what `epoch` returns."""
        return [tf.int64, tf.int64]

    def __init__(
        self,
        kept: np.ndarray,
        crops: int,
        batch_size: int,
        *,
        group: int,
        seed: int,
        repeat: bool,
        drop_remainder: bool,
    ):
        super().__init__(
            len(kept) * crops,
            batch_size,
            shuffle=True,
            seed=seed,
            flip=False,
            repeat=repeat,
            drop_remainder=drop_remainder,
        )
        self.kept, self.crops, self.group = kept, crops, group

    def epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the epoch's int64 photos and seeds, both `(count,)`."""
        random = self._random(epoch, _CROPS)
        order = random.permutation(self.kept)
        groups = range(0, len(order), self.group)
        photos = [
            random.permutation(order[i : i + self.group].repeat(self.crops))
            for i in groups
        ]
        seeds = random.integers(2**62, size=self.count)
        return np.concatenate(photos), seeds


class Photos:
    """Decoded photos, of which the last used ones are kept.

    Args:
        source: Where they come from.
        channels: 1, 3 or 4.
        shrink: Factor by which they are made smaller.
        most: How many are kept, `None` for all.
    """

    def __init__(
        self, source: ImageSource, channels: int, shrink: int, most: int | None
    ):
        self.source, self.channels = source, channels
        self.shrink, self.most = shrink, most
        self._kept = collections.OrderedDict()
        self._lock = threading.Lock()
        self._loading = [threading.Lock() for _ in range(len(source))]

    def __getitem__(self, index: int) -> Image.Image:
        """Return a photo; of threads that ask for the same, one decodes it."""
        with self._loading[index]:
            with self._lock:
                photo = self._kept.pop(index, None)
            if photo is None:
                photo = self.source.load_whole(index, self.channels)
                photo = photo.reduce(self.shrink)
            with self._lock:
                self._kept[index] = photo
                if self.most is not None and len(self._kept) > self.most:
                    self._kept.popitem(last=False)
            return photo

    def usable(self, crop_size: int, skip: bool) -> np.ndarray:
        """Return the indices of the photos that are not too small.

        Args:
            crop_size: Least height and width.
            skip: Leave out the others, and those that can't be read, with a
                warning.

        Raises:
            ValueError: There is such a photo, or with `skip` no other.
        """

        def problem(index):
            try:
                self._check(index, crop_size)
            except ValueError as error:
                if not skip:
                    raise
                return str(error)

        count = len(self.source)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = list(pool.map(problem, range(count)))
        found = [text for text in problems if text]
        if len(found) == count:
            raise ValueError(
                f"None of the {count} photos can be used. Received: {found[:3]}"
            )
        if found:
            warnings.warn(
                f"{len(found)} of {count} photos are left out. {found[0]}",
                stacklevel=3,  # The caller of `super_resolution`.
            )
        return np.array([i for i, text in enumerate(problems) if not text])

    def _check(self, index, crop_size):
        photo = self[index]
        if min(photo.size) < crop_size:
            shrunk = f", made {self.shrink} times smaller,"
            raise ValueError(
                f"The photo {self.source.name(index)}"
                f"{shrunk if self.shrink > 1 else ''} is smaller than a crop "
                f"of {crop_size} pixels. Received: {photo.width} x "
                f"{photo.height} pixels"
            )


class Pairs:
    """Batches of pairs of crops, from their photos and seeds.

    Args:
        photos: The photos.
        batch: Pairs of a batch, `None` for any number.
        crop_size: Height and width of high images.
        scale: Factor between high and low ones.
        channels: 1, 3 or 4.
        augment: Whether crops are flipped and turned at random.
    """

    def __init__(
        self,
        photos: Photos,
        batch: int | None,
        crop_size: int,
        scale: int,
        channels: int,
        augment: bool,
    ):
        self.photos = photos
        self.crop_size, self.low_size = crop_size, crop_size // scale
        self.channels, self.augment = channels, augment
        self.shapes = [
            (batch, size, size, channels) for size in (self.low_size, crop_size)
        ]

    def cut(self, photo: Image.Image, seed: int) -> list[np.ndarray]:
        """Return one crop, low and high, uint8.

        Pillow takes what it needs for the low image from around the box.
        """
        random = np.random.default_rng(seed)
        size = self.crop_size
        left = int(random.integers(photo.width - size + 1))
        top = int(random.integers(photo.height - size + 1))
        box = (left, top, left + size, top + size)
        small = (self.low_size, self.low_size)
        low = photo.resize(small, Image.Resampling.BICUBIC, box)
        turns = int(random.integers(_SYMMETRIES)) if self.augment else 0
        pair = []
        for image in (low, photo.crop(box)):
            pixels = np.asarray(image)
            pixels = pixels.reshape(*pixels.shape[:2], self.channels)
            pixels = np.rot90(pixels, turns % 4)
            pair.append(pixels[:, ::-1] if turns >= 4 else pixels)
        return pair

    def read(self, photos: np.ndarray, seeds: np.ndarray) -> list[np.ndarray]:
        """Return low and high images, float32 in [-1, 1]."""
        pairs = [
            self.cut(self.photos[photo], seed)
            for photo, seed in zip(photos, seeds, strict=True)
        ]
        return [
            decode.to_float(np.stack(images))
            for images in zip(*pairs, strict=True)
        ]

    def __call__(self, photos: tf.Tensor, seeds: tf.Tensor) -> tuple:
        """Be what `Dataset.map` calls."""
        pairs = call(self.read, [photos, seeds], [tf.float32, tf.float32])
        for images, shape in zip(pairs, self.shapes, strict=True):
            images.set_shape(shape)
        return tuple(pairs)
