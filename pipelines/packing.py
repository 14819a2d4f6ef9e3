"""Images read once, into one uint8 array in memory or in a .npy file."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import math
import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .sources import Source

_LOG = logging.getLogger(__name__)

# Part of a cache file's key: raise it when prepared images change.
_VERSION = 2

# A cache is a .npy file that any tool can read, followed by JSON, the JSON's
# length and this mark. Key and images in one file are replaced in one step.
_MARK = b"KGZPACK\n"
_BLOCK = 64
_NAMED = 3


@dataclass(frozen=True)
class Request:
    """Which images are wanted, and in what form.

    Attributes:
        source: Where they come from.
        image_size: Height and width, in pixels.
        channels: Channels, 1 to 4.
        skip: Leave out images that cannot be read, instead of raising.
    """

    source: Source
    image_size: int
    channels: int
    skip: bool

    def load(self, index: int) -> np.ndarray:
        """Return one uint8 image; `ValueError` if it cannot be read."""
        return self.source.load(index, self.image_size, self.channels)

    def shape(self, count: int) -> tuple[int, int, int, int]:
        """Return the shape of an array of so many images."""
        return count, self.image_size, self.image_size, self.channels

    def key(self) -> str:
        """Return what changes whenever the prepared images may."""
        fields = [
            _VERSION,
            self.image_size,
            self.channels,
            self.source.fingerprint(),
        ]
        return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def readable(request: Request) -> np.ndarray:
    """Decode every image once and return the indices of those that can be."""
    failed = _load_all(request, lambda index, image: None)
    _report(request, [request.source.name(index) for index in failed])
    return np.delete(np.arange(len(request.source)), failed)


def pack(request: Request) -> tuple[np.ndarray, np.ndarray]:
    """Read all images into memory.

    Args:
        request: Which images.

    Returns:
        A uint8 array `(n, size, size, channels)`, and the source's index of
        each image in it.
    """
    shape = request.shape(len(request.source))
    array = np.empty(shape, np.uint8)
    failed = _load_all(request, array.__setitem__)
    _report(request, [request.source.name(index) for index in failed])
    kept = np.delete(np.arange(len(array)), failed)
    return array[: _close_gaps(array, failed)], kept


def pack_file(
    request: Request, path: str | os.PathLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return all images as a memory-mapped file, made if it is not there.

    Args:
        request: Which images.
        path: A .npy file. It is used if the images were made from the same
            source in the same way, and replaced in one step otherwise.

    Returns:
        A read-only uint8 array `(n, size, size, channels)`, and the source's
        index of each image in it.

    Raises:
        ValueError: If there is a file that this function did not write.
    """
    path = Path(path).expanduser()
    key = request.key()
    if path.exists():
        details = _details(path)
        skipped = details["skipped"]
        if details["key"] == key and (request.skip or not skipped):
            _report(request, skipped)
            return _open(request, path, skipped)
        _LOG.info("%s was made from other images; making it anew.", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        skipped = _write(request, key, beside)
        _report(request, skipped)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return _open(request, path, skipped)


def _open(
    request: Request, path: Path, skipped: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # Of a damaged header, nearly anything.
        raise _not_ours(path) from error
    if images.shape[1:] != request.shape(0)[1:]:
        raise _not_ours(path)
    indices = range(len(request.source))
    if skipped:
        names = set(skipped)
        indices = [i for i in indices if request.source.name(i) not in names]
    return images, np.array(indices)


def _write(request: Request, key: str, path: Path) -> list[str]:
    """Write the whole file; return the names of the images left out."""
    shape = request.shape(len(request.source))
    start = len(_header(shape))
    with path.open("wb") as file:
        # A full disk is an error here, but would kill the process later,
        # when it writes into a mapped page that cannot be stored.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, start + math.prod(shape))
    array = np.memmap(path, np.uint8, "r+", start, shape)
    failed = _load_all(request, array.__setitem__)
    skipped = [request.source.name(index) for index in failed]
    count = _close_gaps(array, failed)
    array.flush()
    details = json.dumps({"key": key, "skipped": skipped}).encode()
    with path.open("r+b") as file:
        # NumPy pads headers so that the length of the count changes nothing.
        file.write(_header(request.shape(count)))
        file.truncate(start + array[:count].nbytes)
        file.seek(0, os.SEEK_END)
        file.write(details + len(details).to_bytes(8, "little") + _MARK)
        file.flush()
        os.fsync(file.fileno())
    return skipped


def _header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def _details(path: Path) -> dict:
    """Return the JSON behind the images, if the file is whole and ours."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        file.seek(-16, os.SEEK_END)
        length = int.from_bytes(file.read(8), "little")
        if file.read() == _MARK:
            file.seek(-16 - length, os.SEEK_END)
            details = json.loads(file.read(length))
            if isinstance(details, dict) and {"key", "skipped"} <= set(details):
                return details
    raise _not_ours(path)


def _not_ours(path):
    return ValueError(
        "The cache file is damaged, or was not written by a pipeline and is "
        "left alone. Delete it or choose another name. "
        f"Received: cache={str(path)!r}"
    )


def _load_all(
    request: Request, store: Callable[[int, np.ndarray], None]
) -> list[int]:
    """Load every image in threads and return the indices that failed."""
    count = len(request.source)
    _LOG.info(
        "Decoding %d images to %d x %d pixels.",
        count,
        request.image_size,
        request.image_size,
    )

    def work(first: int) -> list[int]:
        failed = []
        for index in range(first, min(first + _BLOCK, count)):
            try:
                image = request.load(index)
            except ValueError:
                if not request.skip:
                    raise
                failed.append(index)
            else:
                store(index, image)
        return failed

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = pool.map(work, range(0, count, _BLOCK))
        return [index for failed in blocks for index in failed]


def _close_gaps(array: np.ndarray, failed: list[int]) -> int:
    """Move the images that follow a gap up, in place; return their number."""
    for target, index in enumerate(_kept(len(array), failed)):
        if target != index:
            array[target] = array[index]
    return len(array) - len(failed)


def _kept(count: int, failed: list[int]) -> Iterator[int]:
    gaps = set(failed)
    return (index for index in range(count) if index not in gaps)


def _report(request: Request, skipped: list[str]) -> None:
    count, kind = len(request.source), request.source.kind
    names = ", ".join(skipped[:_NAMED])
    if skipped and len(skipped) == count:
        raise ValueError(
            f"None of the {count} {kind} can be read. Received: {names}"
        )
    if skipped:
        more = ", ..." if len(skipped) > _NAMED else ""
        warnings.warn(
            f"{len(skipped)} of {count} {kind} cannot be read and are left "
            f"out: {names}{more}",
            stacklevel=7,  # the caller of `pipelines.images` or another
        )
