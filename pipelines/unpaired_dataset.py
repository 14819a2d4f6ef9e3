"""`pipelines.unpaired_images`: images of two domains, side by side."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from . import checks
from .building import (
    Prepared,
    batches,
    channels_of,
    finish,
    prepare,
)
from .order import Order
from .packing import Request
from .resolve import resolve
from .sources import Source


def unpaired_images(
    a: Any,
    b: Any,
    image_size: int = 256,
    batch_size: int = 1,
    *,
    load_size: int | None = None,
    flip: bool = True,
    channels: int | None = None,
    split: str | tuple[str, str] = "train",
    shuffle: bool = True,
    shuffle_seed: int = 0,
    cache: bool = False,
    repeat: bool = False,
    drop_remainder: bool = True,
    on_error: str = "raise",
    data_dir: str | None = None,
) -> tf.data.Dataset:
    """Make a pipeline of images of two domains that do not belong together.

    An epoch shows each image of the larger domain once, and those of the
    smaller one as often as need be, all before any comes again. Order and
    jitter of the two are independent of each other; both depend on
    `shuffle_seed` and the epoch's number alone, as of `pipelines.images`.

    Example:
    ```python
    data = pipelines.unpaired_images("horses", "zebras", 256)
    model = zoo.CycleGAN((256, 256, 3))
    ```

    Args:
        a: Images of domain A: whatever `pipelines.images` takes.
        b: Images of domain B, of the same kind or of another.
        image_size: Height and width, in pixels.
        batch_size: Images of each domain per batch, 1 as in the CycleGAN
            paper.
        load_size: Height and width, in pixels, to which images are resized
            before `image_size` pixels of them are cropped at random; by
            default 286 for crops of 256, and in proportion.
        flip: Mirror a random half of the images, left to right.
        channels: 1, 3 or 4; `None` (default) means what the sources have,
            which must then agree.
        split: A split of sources that have several, or a pair, one for each
            domain, such
            as `("trainA", "trainB")`.
        shuffle: Another order in each epoch.
        shuffle_seed: Non-negative integer for order, crops and flips.
        cache: `True` holds the prepared images in memory.
        repeat: One endless iterator through epoch after epoch.
        drop_remainder: Leave out each epoch's last, smaller batch.
        on_error: "raise" or "skip", for files that cannot be read.
        data_dir: Where TFDS keeps its data sets; `None` means its default.

    Returns:
        A `tf.data.Dataset` of `(a, b)`, each float32 `(batch_size,
        image_size, image_size, channels)` in [-1, 1].

    Raises:
        ValueError: If an argument or an image is not as described, or a
            domain holds no image; the message says which.
        FileNotFoundError: If a source is a path at which there is nothing,
            or a TFDS set that is not prepared.
    """
    checks.options(image_size, batch_size, channels, shuffle_seed, on_error)
    if load_size is None:
        load_size = round(image_size * 286 / 256)
    checks.integer("load_size", load_size, minimum=image_size)
    checks.one_of("cache", cache, (False, True))
    opened = [
        _open(name, source, part, data_dir)
        for name, source, part in zip("ab", (a, b), _splits(split), strict=True)
    ]
    channels = _common_channels(opened, channels)
    images = [
        _prepared(source, load_size, channels, on_error, cache)
        for source in opened
    ]
    length = max(domain.count for domain in images)
    checks.batch_fits(length, batch_size, drop_remainder)
    # Of the same seed, the two would be shuffled alike.
    seeds = (shuffle_seed, (shuffle_seed, 1))
    domains = []
    for domain, seed in zip(images, seeds, strict=True):
        order = Order(
            domain.count,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            flip=flip,
            repeat=repeat,
            drop_remainder=drop_remainder,
            draws=2,
            length=length,
        )
        domains.append(batches(domain, order, image_size))
    return finish(tf.data.Dataset.zip(tuple(domains)))


def _splits(split: str | tuple[str, str]) -> tuple[str, str]:
    splits = (split, split) if isinstance(split, str) else tuple(split)
    if len(splits) != 2:
        raise ValueError(
            "`split` must be a name, or a pair of them. "
            f"Received: split={split!r}"
        )
    return splits


def _open(name: str, source: Any, split: str, data_dir: str | None) -> Source:
    try:
        return resolve(source, split, data_dir)
    except ValueError as error:
        raise ValueError(f"Domain `{name}`: {error}") from error


def _common_channels(opened: list[Source], channels: int | None) -> int:
    both = [channels_of(source, channels) for source in opened]
    if both[0] != both[1]:
        raise ValueError(
            "Both domains must have the same number of channels; give "
            f"`channels` to convert them. Received: {both[0]} and {both[1]}"
        )
    return both[0]


def _prepared(
    source: Source, size: int, channels: int, on_error: str, cache: bool
) -> Prepared:
    return prepare(
        Request(source, size, channels, on_error == "skip"), None, cache
    )
