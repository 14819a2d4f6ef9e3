"""`pipelines.labelled_images`: images with their class, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from .building import build
from .labels import open_labelled
from .sources import Source


def labelled_images(
    source: Any,
    image_size: int,
    batch_size: int,
    *,
    split: str = "train",
    data_dir: str | None = None,
    class_names: Sequence[str] | None = None,
    **options: Any,
) -> tf.data.Dataset:
    """Make a pipeline of images with labels, for conditional models.

    Images, their order and their flips are those of `pipelines.images` with
    the same arguments; exact resuming by `pipelines.set_epoch` too.

    Example:
    ```python
    dataset = pipelines.labelled_images("fashion_mnist_10k", 32, 64)
    names = pipelines.class_names("fashion_mnist_10k")
    model = zoo.ConditionalGAN((32, 32, 1), num_classes=len(names))
    model.class_names = names
    ```

    Args:
        source: One of
            a pair `(images, labels)` of arrays: images as for
            `pipelines.images`, labels integers `(n,)`, none negative;
            a folder, or a .zip file, with one folder per class: the classes
            are their names, sorted, those of empty folders too; of a .zip
            file, a folder around all of them is passed over;
            a TFRecord file, a list of them or a glob, whose records have an
            integer under "image/class/label" or "label"; all are read
            through once, here;
            "tfds:NAME" or "tfds:NAME/CONFIG", a prepared TFDS set with a
            class label;
            "fashion_mnist", "fashion_mnist_10k", "noto_emoji" or "twemoji",
            whose classes are their categories.
        image_size: Height and width, in pixels.
        batch_size: Images per batch.
        split: "train" (default), or "test" for "fashion_mnist", or what TFDS
            accepts.
        data_dir: Where TFDS keeps its data sets; `None` means its default.
        class_names: Names of all class folders in the order of their labels,
            such as `pipelines.class_names` gives of the training data: data
            that lack a class then number the others alike. Of folders and
            .zip files alone.
        **options: `channels`, `shuffle`, `shuffle_seed`, `flip`, `cache`,
            `repeat`, `drop_remainder` and `on_error`, as of
            `pipelines.images`.

    Returns:
        A `tf.data.Dataset` of `(images, labels)`: float32
        `(batch_size, image_size, image_size, channels)` in [-1, 1], and int32
        `(batch_size,)` from 0, with its exact cardinality.

    Raises:
        ValueError: If an argument, an image or a label is not as described.
        FileNotFoundError: If `source` is a path at which there is nothing,
            or a TFDS set that is not prepared.
    """

    def open_source() -> tuple[Source, np.ndarray]:
        opened, labels = open_labelled(source, split, data_dir, class_names)
        return opened, labels.values

    return build(open_source, image_size, batch_size, **options)


def class_names(
    source: Any, split: str = "train", data_dir: str | None = None
) -> list[str]:
    """Return the names of a source's classes, in the order of its labels.

    Args:
        source: Whatever `pipelines.labelled_images` takes.
        split: A split of a source that has several.
        data_dir: Where TFDS keeps its data sets; `None` means its default.

    Returns:
        A list of names; where the source has none, of the numbers from 0 to
        its largest label.

    Raises:
        ValueError: If the source has no labels.
        FileNotFoundError: If `source` is a path at which there is nothing.
    """
    _, labels = open_labelled(source, split, data_dir)
    return labels.names
