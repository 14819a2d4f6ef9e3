"""Files that a model was saved in, looked at before anything is loaded.

A file may come from a stranger, a broken disk or a cut connection. Whatever is
wrong with it is one error that names it, before memory is taken for it.
"""

import contextlib
import dataclasses
import io
import os
import pathlib
import zipfile
from collections.abc import Iterator
from typing import Any

from zoo.utils import hdf5
from zoo.utils.json import parse_json

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
"""Where Keras keeps arguments and weights in a `.keras` file."""

MAX_CONFIG_BYTES = 8 << 20
MAX_EXPANSION = 20
EXPANSION_SLACK = 64 << 20
"""Keras compresses nothing; what others compressed may be 20 times as large,
and 64 MiB more."""

_HDF5 = (".h5", ".hdf5")


class ModelFileError(ValueError):
    """A file of a model is damaged, unsafe, or of something else."""


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a file of a model holds.

    Attributes:
        config: Class and arguments, as Keras serializes them; empty for a
            file of weights alone.
        arrays: Number of arrays.
        elements: Number of elements of all arrays.
    """

    config: dict[str, Any]
    arrays: int
    elements: int


def examine(path: str | os.PathLike) -> Contents:
    """Looks at a `.keras` or HDF5 file; builds and loads nothing.

    Args:
        path: The file. All bytes of a `.keras` file are read and compared
            with their checksums.

    Returns:
        What it holds.

    Raises:
        FileNotFoundError: There is no such file.
        ModelFileError: It is damaged, refers to other files, or claims more
            than it holds.
    """
    with naming(path):
        if pathlib.Path(path).suffix in _HDF5:
            found = hdf5.examine(path, str(path))
            return Contents({}, found.count, found.elements)
        with zipfile.ZipFile(path) as archive:
            return _examine_archive(archive, os.path.getsize(path), str(path))


def _examine_archive(archive, size, name):
    members = {info.filename: info for info in archive.infolist()}
    absent = {CONFIG, WEIGHTS} - set(members)
    if absent or len(members) < len(archive.infolist()):
        raise ModelFileError(
            f"Expected a .keras file with {CONFIG} and {WEIGHTS}, each of "
            f"them once. Received: {name} with {sorted(members)[:9]}"
        )
    claimed = sum(info.file_size for info in members.values())
    most = MAX_EXPANSION * size + EXPANSION_SLACK
    if claimed > most or members[CONFIG].file_size > MAX_CONFIG_BYTES:
        raise ModelFileError(
            f"Expected at most {most} bytes in a .keras file of {size}, "
            f"{MAX_CONFIG_BYTES} of them in {CONFIG}. Received: {name} with "
            f"{claimed}, {members[CONFIG].file_size} of them there"
        )
    config = parse_json(archive.read(CONFIG))
    if not isinstance(config, dict) or "config" not in config:
        raise ModelFileError(
            f"Expected {CONFIG} as Keras writes it. Received: {name}"
        )
    for member in set(members) - {CONFIG, WEIGHTS}:
        with archive.open(member) as file:
            while file.read(1 << 20):  # For its checksum.
                pass
    weights = io.BytesIO(archive.read(WEIGHTS))
    found = hdf5.examine(weights, f"{name}/{WEIGHTS}")
    return Contents(config, found.count, found.elements)


@contextlib.contextmanager
def loading(path: str | os.PathLike) -> Iterator[Contents | None]:
    """Examines a file, and names it where what loads it fails.

    Args:
        path: The file; one that is not on this machine, or no file, is left
            to Keras.

    Yields:
        What it holds, or `None` for what is left to Keras.

    Raises:
        ModelFileError: As `examine`, or the block raised an error.
    """
    known = pathlib.Path(path).suffix in (".keras", *_HDF5)
    with naming(path):
        yield examine(path) if known and os.path.isfile(path) else None


@contextlib.contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Turns what damaged files cause into one error that names the file.

    Args:
        path: The file that the block reads.

    Raises:
        ModelFileError: The block raised an error, but for those below.
        FileNotFoundError: The block raised one.
        ImportError: The block raised one: a package is not installed.
        MemoryError: The block raised one.
    """
    try:
        yield
    except (ModelFileError, FileNotFoundError, ImportError, MemoryError):
        raise
    except hdf5.UnsafeFileError as error:
        raise ModelFileError(str(error)) from error
    # Keras and its backends raise nearly anything for a damaged file.
    except Exception as error:
        reason = " ".join(str(error).split())[:500]
        raise ModelFileError(
            "The file can't be loaded: it is damaged, not all there, or of "
            f"another model. Received: {str(path)!r} "
            f"({type(error).__name__}: {reason})"
        ) from error
