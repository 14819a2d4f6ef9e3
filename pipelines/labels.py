"""The class of each image, from wherever its source keeps it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import ArraySource
from .files import is_visible
from .records import RecordSource
from .resolve import BUILT_IN, built_in, resolve
from .sources import FilesSource, FolderSource, Source, ZipSource
from .tfds_sets import TFDSSource


@dataclass(frozen=True)
class Labels:
    """The classes of a source's images.

    Attributes:
        values: int32 array `(n,)`, the class of each image, from 0.
        names: Name of each class. Where the source has no names, the numbers
            from 0 to the largest label.
    """

    values: np.ndarray
    names: list[str]


def open_labelled(
    source: Any,
    split: str,
    data_dir: str | None,
    class_names: Sequence[str] | None = None,
) -> tuple[Source, Labels]:
    """Open a source with its labels; see `pipelines.labelled_images`.

    Args:
        source: A pair of arrays, a path, a list of paths, or a name.
        split: "train", or another split of a source that has several.
        data_dir: Where TFDS keeps its data sets; `None` means its default.
        class_names: Names of the folders in the order of their labels;
            `None` for all there are, sorted.

    Returns:
        The opened source, and its labels.

    Raises:
        ValueError: If it is of no known kind, or has no or wrong labels.
        FileNotFoundError: If it is a path at which there is nothing.
    """
    opened, labels = _open(source, split, data_dir)
    if class_names is None:
        return opened, labels
    if not isinstance(opened, FolderSource | FilesSource | ZipSource):
        raise ValueError(
            "`class_names` are those of folders, of files in folders, or of "
            f"folders in a .zip file. Received: {type(source).__name__}"
        )
    return opened, in_order(labels, list(class_names))


def _open(source, split, data_dir):
    if isinstance(source, str) and source in BUILT_IN:
        images, labels = built_in(source, split)
        return ArraySource(images), Labels(
            labels.astype(np.int32), list(BUILT_IN[source].classes)
        )
    if _is_pair(source):
        images, labels = source
        opened = resolve(np.asarray(images), split, data_dir)
        return opened, from_array(labels, len(opened))
    opened = resolve(source, split, data_dir)
    return opened, labels_of(opened)


def in_order(labels: Labels, names: list[str]) -> Labels:
    """Number classes as a list of their names says.

    Args:
        labels: Labels by other numbers, or of fewer classes.
        names: Names of all classes, no two alike.

    Returns:
        The labels, each the place of its name in the list.

    Raises:
        ValueError: If an image's class is not in the list.
    """
    used = [labels.names[value] for value in np.unique(labels.values)]
    unknown = sorted(set(used) - set(names))
    if unknown or len(set(names)) < len(names):
        raise ValueError(
            "`class_names` must name the folder of each image, none twice. "
            f"Received: class_names={names}, folders {unknown} besides"
        )
    places = np.array(
        [names.index(n) if n in used else -1 for n in labels.names], np.int32
    )
    return Labels(places[labels.values], names)


def _is_pair(source: Any) -> bool:
    is_pair = isinstance(source, list | tuple) and len(source) == 2
    return is_pair and hasattr(source[0], "__array__")


def from_array(labels: Any, count: int) -> Labels:
    """Check an array of labels.

    Args:
        labels: Integers `(count,)`, none negative.
        count: Number of images.

    Returns:
        The labels, named by their numbers.

    Raises:
        ValueError: If they are not as described.
    """
    labels = np.asarray(labels)
    received = f"Received: shape {labels.shape}, dtype {labels.dtype}"
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"Labels must be one integer per image, of shape ({count},). "
            f"{received}"
        )
    if labels.min() < 0:
        raise ValueError(
            f"Labels must not be negative. Received: {labels.min()}"
        )
    return Labels(
        labels.astype(np.int32), [str(i) for i in range(int(labels.max()) + 1)]
    )


def from_paths(
    paths: Sequence[str], source: str, folders: Sequence[str] = ()
) -> Labels:
    """Take the first folder of each path for the image's class.

    Args:
        paths: Relative paths, with "/" between folders.
        source: What they are in, for the error message.
        folders: Folders that are classes even without an image, so that
            training and validation data number theirs alike.

    Returns:
        The labels; names are the folders', sorted.

    Raises:
        ValueError: If an image is in no folder.
    """
    for path in paths:
        if "/" not in path:
            raise ValueError(
                "Labelled images must lie in one folder per class, such as "
                f"cat/1.png. Received: {path!r} in {source}"
            )
    classes = [path.split("/", 1)[0] for path in paths]
    names = sorted({*classes, *folders})
    numbers = {name: number for number, name in enumerate(names)}
    values = np.array([numbers[name] for name in classes], np.int32)
    return Labels(values, names)


@functools.singledispatch
def labels_of(source: Source) -> Labels:
    """Return the labels that a source holds.

    Args:
        source: An opened source.

    Returns:
        The label of each of its images.

    Raises:
        ValueError: If it has none, or wrong ones.
    """
    raise ValueError(
        f"This source has no labels. Received: {type(source).__name__}"
    )


@labels_of.register
def _(source: ArraySource) -> Labels:
    raise ValueError(
        "An array of images has no labels: give the pair (images, labels). "
        f"Received: source of shape {source.array.shape}"
    )


@labels_of.register
def _(source: FolderSource) -> Labels:
    folders = [path.name for path in source.folder.iterdir() if path.is_dir()]
    shown = [name for name in folders if is_visible(name)]
    return from_paths(source.paths, f"the folder {source.folder}", shown)


@labels_of.register
def _(source: FilesSource) -> Labels:
    files = [path.absolute() for path in source.paths]
    inside = [f"{path.parent.name}/{path.name}" for path in files]
    return from_paths(inside, "the list of files")


@labels_of.register
def _(source: ZipSource) -> Labels:
    paths = source.members
    # Many archives wrap all they hold in one folder.
    while len({path.split("/", 1)[0] for path in paths}) == 1:
        inside = [path.partition("/")[2] for path in paths]
        if not all("/" in path for path in inside):
            break
        paths = inside
    return from_paths(paths, f"the zip file {source.path}")


@labels_of.register(RecordSource)
@labels_of.register(TFDSSource)
def _(source: RecordSource | TFDSSource) -> Labels:
    values = [source.label(index) for index in range(len(source))]
    labels = from_array(np.array(values, np.int64), len(source))
    return Labels(labels.values, list(source.class_names or labels.names))
