"""What the images come from: arrays, folders, zip files, TFRecord files.

Every source answers the same few questions by index, so that the order, the
packing and the pipelines know nothing of files.
"""

from __future__ import annotations

import abc
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import decode, limits
from .files import is_image, is_visible, walk, warn_of_unread


class Source(abc.ABC):
    """Images by index.

    Attributes:
        channels: Channels of the images where the caller asks for no number.
        kind: What messages call the images.
    """

    channels = 3
    kind = "images"

    @abc.abstractmethod
    def __len__(self) -> int:
        """Return the number of images."""

    @abc.abstractmethod
    def name(self, index: int) -> str:
        """Return what an error message calls the image."""

    @abc.abstractmethod
    def load(self, index: int, image_size: int, channels: int) -> np.ndarray:
        """Return the prepared uint8 image `(size, size, channels)`.

        Raises:
            ValueError: If it cannot be read; the message names it.
        """

    @abc.abstractmethod
    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the images may have."""


class ImageSource(Source):
    """A source of images that can also be read whole."""

    @abc.abstractmethod
    def load_whole(self, index: int, channels: int) -> Image.Image:
        """Return the image in its own size, upright, with 1, 3 or 4 channels.

        Raises:
            ValueError: If it cannot be read; the message names it.
        """


class EncodedSource(ImageSource):
    """A source of whole image files."""

    @abc.abstractmethod
    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""

    def prepare(
        self, data: bytes, image_size: int, channels: int
    ) -> np.ndarray:
        """Return the prepared image of an image file's bytes."""
        return decode.prepare_encoded(data, image_size, channels)

    def load(self, index: int, image_size: int, channels: int) -> np.ndarray:
        """Return what is prepared of that index."""
        return self._decode(
            index,
            lambda data: self.prepare(data, image_size, channels),
        )

    def load_whole(self, index: int, channels: int) -> Image.Image:
        """Return the image in its own size, upright."""
        return self._decode(
            index, lambda data: decode.decode_whole(data, channels)
        )

    def _decode(self, index, function):
        size = "no"
        try:
            data = self.read(index)
            size = len(data)
            return function(data)
        # On a damaged file Pillow raises nearly anything: OSError,
        # SyntaxError, struct.error, zlib.error, DecompressionBombError, ...
        except Exception as error:
            raise ValueError(
                f"Cannot read the image {self.name(index)}: {error}. Repair "
                "or delete it, or leave such images out with "
                f"on_error='skip'. Received: {size} bytes"
            ) from error


class FolderSource(EncodedSource):
    """The image files of a folder and its subfolders, sorted by path."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.paths = _images_of(walk(folder), "folder", folder)

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return str(self.folder / self.paths[index])

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        return limits.read_file(self.folder / self.paths[index])

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        return [(path, *file_state(self.folder / path)) for path in self.paths]


class FilesSource(EncodedSource):
    """Image files, in the order in which they are given."""

    def __init__(self, paths: Sequence[str | os.PathLike]):
        self.paths = [Path(path).expanduser() for path in paths]
        for path in self.paths:
            if not path.is_file():
                raise FileNotFoundError(
                    f"There is no such image file. Received: {str(path)!r}"
                )

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return str(self.paths[index])

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        return limits.read_file(self.paths[index])

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        return [(str(path), *file_state(path)) for path in self.paths]


class ZipSource(EncodedSource):
    """The image files inside a zip file, sorted by path."""

    def __init__(self, path: Path):
        self.path = path
        try:
            # Kept open: reading members from several threads is safe.
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise ValueError(
                f"{path} is damaged or not a zip file: {error}. "
                f"Received: {path.stat().st_size} bytes"
            ) from error
        members = filter(is_visible, self._zip.namelist())
        self.members = _images_of(members, "zip file", path)

    def __len__(self) -> int:
        return len(self.members)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return f"{self.path}/{self.members[index]}"

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        return limits.read_member(self._zip, self.members[index])

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        return file_state(self.path)


def file_state(path: Path) -> tuple[int, int]:
    """Return a file's size and time of last change, in nanoseconds."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _images_of(paths: Iterable[str], kind: str, path: Path) -> list[str]:
    everything = sorted(paths)
    found = [text for text in everything if is_image(text)]
    warn_of_unread(everything, f"the {kind} {path}")
    if not found:
        raise ValueError(
            f"The {kind} {path} holds no image. Accepted endings: "
            f"{', '.join(decode.ENDINGS)}. Received: source={str(path)!r}"
        )
    return found
