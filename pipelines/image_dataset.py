"""`pipelines.images`: batches of images alone, for unconditional models."""

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

from .building import build
from .resolve import resolve


def images(
    source: Any,
    image_size: int,
    batch_size: int,
    *,
    channels: int | None = None,
    split: str = "train",
    shuffle: bool = True,
    shuffle_seed: int = 0,
    flip: bool = False,
    cache: bool | str | os.PathLike = False,
    repeat: bool = False,
    drop_remainder: bool = True,
    on_error: str = "raise",
    data_dir: str | None = None,
) -> tf.data.Dataset:
    """Make a pipeline of image batches, ready for `model.fit`.

    Each image is turned upright by its EXIF tag, converted, cropped to its
    centre square and resized by Pillow's antialiased bicubic filter. Arrays
    and built-in sets are held in memory; files are read anew in every epoch
    unless `cache` is set.

    The order and the flips of an epoch depend on `shuffle_seed` and the
    epoch's number alone. Each new iterator is the next epoch, as `fit` makes
    one per epoch; `pipelines.set_epoch` sets the number, for exact resuming.

    Example:
    ```python
    dataset = pipelines.images("fashion_mnist_10k", 32, 64)
    model.fit(dataset, epochs=10)
    ```

    Args:
        source: One of
            an array `(n, h, w)` or `(n, h, w, c)`, uint8 in [0, 255] or
            float in [-1, 1] (kept exactly unless it has to be resized or
            converted, which goes through uint8; not copied if nothing has to
            be done);
            a folder, searched with its subfolders, or a .zip file, of .jpg,
            .jpeg, .png, .webp, .bmp, .gif, .tif, .tiff or .avif images,
            hidden ones aside;
            a list of such images, or a glob, such as "photos/*.png";
            a TFRecord file, a list of them or a glob, uncompressed, with the
            encoded image under "image/encoded" or "image";
            "tfds:NAME" or "tfds:NAME/CONFIG", a TFDS set prepared before;
            "fashion_mnist" (see `pipelines.fashion_mnist`),
            "fashion_mnist_10k", which comes with the package, "noto_emoji"
            or "twemoji" (see `pipelines.noto_emoji`).
        image_size: Height and width, in pixels.
        batch_size: Images per batch.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA). Transparent images are laid
            on white for 1 and 3. `None` (default) means an array's own
            number, and 3 for all else.
        split: "train" (default), or "test" for "fashion_mnist" and emoji, or
            what TFDS accepts, such as "train[:80%]".
        shuffle: Another order in each epoch; otherwise the source's, which
            for folders and zip files is sorted by path.
        shuffle_seed: Non-negative integer for order and flips.
        flip: Mirror a random half of the images, left to right.
        cache: `True` holds the prepared images in memory, 1 byte per value.
            The path of a .npy file keeps them there, memory-mapped, and uses
            them again until source, size or channels change.
        repeat: One endless iterator through epoch after epoch, for `fit`
            with `steps_per_epoch`. Batches do not cross epochs.
        drop_remainder: Leave out each epoch's last, smaller batch.
        on_error: "raise" (default) raises for a file that cannot be read,
            and names it: here for the first file and all that are cached,
            else when it is reached. "skip" reads all files here, leaves
            such ones out and warns.
        data_dir: Where TFDS keeps its data sets; `None` means its default.

    Returns:
        A `tf.data.Dataset` of float32 batches in [-1, 1], of shape
        `(batch_size, image_size, image_size, channels)`, with its exact
        cardinality. It shards under a `tf.distribute` strategy.

    Raises:
        ValueError: If an argument or an image is not as described.
        FileNotFoundError: If `source` is a path at which there is nothing,
            or a TFDS set that is not prepared.
    """
    return build(
        lambda: (resolve(source, split, data_dir), None),
        image_size,
        batch_size,
        channels=channels,
        shuffle=shuffle,
        shuffle_seed=shuffle_seed,
        flip=flip,
        cache=cache,
        repeat=repeat,
        drop_remainder=drop_remainder,
        on_error=on_error,
    )
