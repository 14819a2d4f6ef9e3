"""HDF5 files that a stranger may have written, looked at before they are read.

Every array must lie in the file, plainly: not compressed, not sparse, not in
another file, no objects. Then memory is bounded by the file's size.
"""

import dataclasses
import math
import os
from collections.abc import Iterator
from typing import BinaryIO

import h5py

MAX_DEPTH = 32
MAX_OBJECTS = 200_000


class DamagedFileError(ValueError):
    """A file is not what its format asks for."""


class UnsafeFileError(ValueError):
    """A file asks for something that a trustworthy one never does."""


@dataclasses.dataclass(frozen=True)
class Arrays:
    """What an HDF5 file holds.

    Attributes:
        count: Number of arrays.
        elements: Number of elements of all of them.
    """

    count: int
    elements: int


def examine(source: str | os.PathLike | BinaryIO, name: str) -> Arrays:
    """Counts a file's arrays; allocates nothing for them.

    Args:
        source: An HDF5 file, by its path or opened.
        name: What errors call it.

    Raises:
        DamagedFileError: It is no HDF5 file, or is damaged.
        UnsafeFileError: An array is not as the module asks for.
    """
    size = _size_of(source)
    count = elements = stored = 0
    try:
        with h5py.File(source, "r") as file:
            for key, array in _arrays(file, name):
                _check_array(key, array, name)
                count += 1
                elements += array.size
                stored += array.id.get_storage_size()
    except (UnsafeFileError, FileNotFoundError):
        raise
    except (
        OSError,
        LookupError,
        TypeError,
        ValueError,
        RuntimeError,
        AttributeError,
        OverflowError,
    ) as error:
        raise DamagedFileError(
            f"Expected a weights file in HDF5. Received: {name} ({error})"
        ) from error
    if stored > size:
        raise UnsafeFileError(
            f"The arrays of {name} share bytes. Received: {stored} bytes of "
            f"arrays in a file of {size}"
        )
    return Arrays(count, elements)


def _size_of(source):
    if isinstance(source, str | os.PathLike):
        return os.path.getsize(source)
    return source.seek(0, os.SEEK_END)


def _arrays(file, path) -> Iterator[tuple[str, h5py.Dataset]]:
    pending = [("", file, 0)]
    objects = 0
    while pending:
        prefix, group, depth = pending.pop()
        for key in group:
            objects += 1
            name = f"{prefix}/{key}"
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise UnsafeFileError(
                    "A weights file must not refer to other places. "
                    f"Received: {name[:200]}, a {type(link).__name__} in {path}"
                )
            if depth >= MAX_DEPTH or objects > MAX_OBJECTS:
                raise UnsafeFileError(
                    f"Expected at most {MAX_OBJECTS} objects, {MAX_DEPTH} "
                    f"deep. Received: more, at {name[:200]} in {path}"
                )
            value = group[key]
            if isinstance(value, h5py.Group):
                pending.append((name, value, depth + 1))
            else:
                yield name, value


def _check_array(key, array, name):
    if not isinstance(array, h5py.Dataset) or not _is_number(array.dtype):
        raise UnsafeFileError(
            "A weights file holds arrays of numbers only. "
            f"Received: {key[:200]} in {name}"
        )
    layout = array.id.get_create_plist()
    plain = layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
    claimed = math.prod(array.shape) * array.dtype.itemsize
    if (
        not plain
        or layout.get_nfilters()
        or layout.get_external_count()
        or array.id.get_storage_size() != claimed
    ):
        raise UnsafeFileError(
            "Arrays must be stored plainly, whole, and in the file itself. "
            f"Received: {key[:200]} of shape {array.shape} in {name}"
        )


def _is_number(dtype):
    """Keras writes bfloat16 as two bytes that HDF5 has no name for."""
    return dtype.kind in "biuf" or (dtype.kind == "V" and dtype.itemsize == 2)
