"""From what the caller wrote to a source."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import checks, decode, emoji, fashion
from .arrays import ArraySource
from .files import is_image, is_visible, warn_of_unread
from .records import RecordSource, is_record_file
from .sources import FilesSource, FolderSource, Source, ZipSource
from .tfds_sets import tfds_source


@dataclass(frozen=True)
class BuiltIn:
    """A set that comes by its name.

    Attributes:
        load: Returns images and labels of a split.
        classes: Name of each label.
        splits: Its splits.
    """

    load: Callable[[str], tuple[np.ndarray, np.ndarray]]
    classes: Sequence[str]
    splits: tuple[str, ...] = ("train", "test")


BUILT_IN = {
    "fashion_mnist": BuiltIn(fashion.fashion_mnist, fashion.CLASSES),
    "fashion_mnist_10k": BuiltIn(
        lambda split: fashion.fashion_mnist_10k(), fashion.CLASSES, ("train",)
    ),
    "noto_emoji": BuiltIn(emoji.noto_emoji, emoji.CATEGORIES),
    "twemoji": BuiltIn(emoji.twemoji, emoji.CATEGORIES),
}


def resolve(source: Any, split: str, data_dir: str | None) -> Source:
    """Open a source; see `pipelines.images` for what it may be.

    Args:
        source: An array, a path or glob, a list of paths, or a name.
        split: "train", or another split of a source that has several.
        data_dir: Where TFDS keeps its data sets; `None` means its default.

    Returns:
        The opened source.

    Raises:
        ValueError: If it is of no known kind, or holds no images.
        FileNotFoundError: If it is a path at which there is nothing.
    """
    name = source if isinstance(source, str) else ""
    if name.startswith("tfds:"):
        return tfds_source(name.removeprefix("tfds:"), split, data_dir)
    if name in BUILT_IN:
        images, _ = built_in(name, split)
        return ArraySource(images)
    checks.one_of("split", split, ("train",))
    if isinstance(source, str | os.PathLike):
        return _open_path(os.path.expanduser(os.fspath(source)))
    if isinstance(source, list | tuple):
        return _open_list(source)
    if hasattr(source, "__array__"):
        return ArraySource(np.asarray(source))
    raise ValueError(
        "`source` must be an array, a path, a list of files or a "
        f"name. Received: source={source!r}, of type {type(source).__name__}"
    )


def built_in(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of a set that comes by its name.

    Args:
        name: A key of `BUILT_IN`.
        split: One of its splits.

    Returns:
        `(images, labels)`: uint8 arrays.

    Raises:
        ValueError: If it has no such split.
    """
    checks.one_of("split", split, BUILT_IN[name].splits)
    return BUILT_IN[name].load(split)


def _open_path(text: str) -> Source:
    path = Path(text)
    if path.is_dir() and text:
        return FolderSource(path)
    if path.is_file():
        return _open_file(path)
    if glob.has_magic(text):
        return _open_glob(text)
    if path.suffix or len(path.parts) > 1 or text.startswith("."):
        raise FileNotFoundError(
            f"There is no such file or folder. Received: source={text!r}"
        )
    known = [*BUILT_IN, "tfds:NAME"]
    near = difflib.get_close_matches(text, BUILT_IN, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        "`source` is neither a file or folder nor a known name: "
        f"{', '.join(map(repr, known))}.{hint} Received: source={text!r}"
    )


def _open_file(path: Path) -> Source:
    if is_record_file(path):
        return RecordSource([path])
    if path.suffix.lower() == ".zip":
        return ZipSource(path)
    raise ValueError(
        "A file must be a .zip with images or a .tfrecord; single images "
        "belong in a folder or a list. "
        f"Received: source={str(path)!r}"
    )


def _open_glob(pattern: str) -> Source:
    found = sorted(glob.glob(pattern, recursive=True))
    files = [path for path in found if os.path.isfile(path)]
    # Where the pattern itself says so, what is hidden is meant.
    hidden = not is_visible(pattern)
    shown = [path for path in files if hidden or is_visible(path)]
    pictures = [path for path in shown if is_image(path)]
    if not pictures:
        return _open_list(files or [pattern])
    warn_of_unread(shown, repr(pattern))
    return FilesSource(pictures)


def _open_list(items: list | tuple) -> Source:
    for item in items:
        if not isinstance(item, str | os.PathLike):
            raise ValueError(
                "A list must hold the paths of image files or of TFRecord "
                "files; stack images into one array. "
                f"Received: an item of {type(item).__name__}"
            )
    paths = [Path(item).expanduser() for item in items]
    if not paths:
        raise ValueError("A list of files must not be empty. Received: []")
    others = [path for path in paths if not is_image(str(path))]
    if not others:
        return FilesSource(paths)
    if len(others) < len(paths):
        raise ValueError(
            "A list must hold image files alone, which end in "
            f"{', '.join(decode.ENDINGS)}, or TFRecord files alone. "
            f"Received: {str(others[0])!r} among {len(paths)} files"
        )
    for path in paths:
        if path.is_dir():
            raise ValueError(
                "A list must hold files; give one folder alone. "
                f"Received: {str(path)!r}"
            )
        if not path.is_file():
            raise FileNotFoundError(
                f"There is no such TFRecord file. Received: {path}"
            )
    return RecordSource(paths)
