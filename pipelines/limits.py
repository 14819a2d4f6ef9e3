"""How much memory one file of a stranger may take, and reading within that."""

from __future__ import annotations

import math
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from . import checks

MAX_PIXELS = 89_478_485
"""Where Pillow begins to warn: about 1.5 GB while an image is decoded."""

MAX_BYTES = 1 << 29

_limits = {"max_pixels": MAX_PIXELS, "max_bytes": MAX_BYTES}


def set_limits(
    max_pixels: int | None = None, max_bytes: int | None = None
) -> None:
    """Let this process read larger files, or only smaller ones.

    A file of a few megabytes can unpack to any size. What would take more than
    these limits is an error before memory is taken for it.

    Example:
    ```python
    pipelines.set_limits(max_pixels=200_000_000)
    ```

    Args:
        max_pixels: Most pixels of an image file, 89,478,485 by default.
            Decoding takes up to 16 bytes for each.
        max_bytes: Most bytes of a file, of a member of a zip file once it is
            unpacked, and of all arrays of an .npz file, 512 MiB by default.

    Raises:
        ValueError: If a limit is not a positive integer.
    """
    given = {"max_pixels": max_pixels, "max_bytes": max_bytes}
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        checks.integer(name, value, minimum=1)
    _limits.update(given)
    if max_pixels is not None:  # Pillow has a limit of its own.
        Image.MAX_IMAGE_PIXELS = max(max_pixels, MAX_PIXELS)


def check_pixels(width: int, height: int) -> None:
    """Raise unless an image has few enough pixels."""
    if width * height > _limits["max_pixels"]:
        raise ValueError(
            f"it has more than {_limits['max_pixels']} pixels, {width} x "
            f"{height}; pipelines.set_limits(max_pixels=...), or the option "
            "--max-pixels, allows more"
        )


def check_bytes(size: int, what: str) -> None:
    """Raise unless something has few enough bytes."""
    if size > _limits["max_bytes"]:
        raise ValueError(
            f"{what} has more than {_limits['max_bytes']} bytes, {size}; "
            "pipelines.set_limits(max_bytes=...) allows more"
        )


def read_file(path: str | os.PathLike) -> bytes:
    """Return a file's bytes.

    Args:
        path: The file.

    Raises:
        ValueError: If it is too large, or no regular file.
        OSError: If it cannot be read.
    """
    state = os.stat(path)
    if not stat.S_ISREG(state.st_mode):  # To open a pipe waits for ever.
        raise ValueError("it is no regular file")
    check_bytes(state.st_size, "the file")
    return Path(path).read_bytes()


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of a member of a zip file.

    Args:
        archive: The file, opened.
        name: The member.

    Raises:
        ValueError: If it is too large.
        Exception: Of many kinds, if it is damaged.
    """
    check_bytes(archive.getinfo(name).file_size, "the member of the zip file")
    return archive.read(name)


def read_npz(
    source: str | os.PathLike | BinaryIO, most: int | None = None
) -> Mapping[str, np.ndarray]:
    """Return the arrays of an .npz file; never unpickles.

    Args:
        source: The file, by its path or opened.
        most: Most bytes of all arrays; `None` for the limit of `set_limits`.

    Returns:
        Dict of name to array.

    Raises:
        ValueError: If an array is too large, claims more than it holds, or
            holds objects.
        Exception: Of many kinds, if it is damaged.
    """
    arrays: dict[str, np.ndarray] = {}
    total = 0
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                size = _claimed(member)
            total += size
            if size > info.file_size:
                raise ValueError(f"{info.filename} claims more than it holds")
            if most is not None and total > most:
                raise ValueError(f"its arrays have more than {most} bytes")
            check_bytes(total, "all that the .npz file holds")
            with archive.open(info) as member:
                array = np.lib.format.read_array(member, allow_pickle=False)
                member.read()  # Its checksum is at the end.
            arrays[info.filename.removesuffix(".npy")] = array
    return arrays


def _claimed(member: Any) -> int:
    """Return the bytes of an array by its header."""
    version = np.lib.format.read_magic(member)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"version {version} of the format is not known")
    shape, _, dtype = read(member)
    if dtype.hasobject or (dtype.itemsize == 0 and math.prod(shape) > 0):
        raise ValueError(f"arrays must hold numbers. Received: dtype {dtype}")
    if min(shape, default=0) < 0:
        raise ValueError(f"sizes must not be negative. Received: {shape}")
    return math.prod(shape) * dtype.itemsize
