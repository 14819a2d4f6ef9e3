"""Writing files so that nothing is ever left half-written."""

import contextlib
import hashlib
import importlib.util
import os
import pathlib
import tempfile
from collections.abc import Iterator

import filelock


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Lets a block write a new file beside `path`, then puts it in its place.

    Whoever looks at `path`, at any moment and after any crash, sees the old
    file or the new one, whole.

    Args:
        path: Where the file is to be.

    Yields:
        A temporary path in the same directory, with the same ending.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        _sync_file(temporary)
        os.replace(temporary, path)
        _sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_directory(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Lets a block fill a new directory, then puts it in the place of `path`.

    The old directory is moved away and back again if the new one can't take
    its place. Between the two moves, and if a crash falls there, `path` does
    not exist; it is never half-written.

    Args:
        path: Where the directory is to be. What was there is deleted.

    Yields:
        A new temporary directory beside it.
    """
    path = pathlib.Path(path)
    with tempfile.TemporaryDirectory(
        prefix=f".{path.name}-", dir=path.parent
    ) as place:
        new, old = pathlib.Path(place, "new"), pathlib.Path(place, "old")
        new.mkdir()
        yield new
        for file in new.rglob("*"):
            if file.is_file():
                _sync_file(file)
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(new, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
        _sync_directory(path.parent)


@contextlib.contextmanager
def locked(directory: str | os.PathLike) -> Iterator[None]:
    """Keeps other processes from a directory in which a training writes.

    Within one process it may be held several times. The system releases what
    a killed process held.

    Args:
        directory: The directory, which exists.

    Raises:
        ValueError: Another process holds it.
    """
    path = pathlib.Path(directory, ".lock")
    lock = filelock.FileLock(path, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise ValueError(
            "Another process trains in this directory; wait for it, or choose "
            f"another one. Received: {str(directory)!r}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _sync_file(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _sync_directory(directory):
    if os.name != "posix":
        return  # Windows can't open directories.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def package_file(
    package: str, file: str
) -> tuple[pathlib.Path | None, list[str] | None]:
    """Finds a file of an installed package without importing the package.

    Args:
        package: Name of the package.
        file: Path of the file within it.

    Returns:
        Tuple of the file, `None` if there is none, and where the package is,
        `None` if it is not installed.
    """
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or []) if found else []
    path = pathlib.Path(places[0], file) if places else None
    found = path if path is not None and path.is_file() else None
    return found, places or None


def output_directory(path: str | os.PathLike) -> pathlib.Path:
    """Makes a directory and makes sure that it can be written to.

    Args:
        path: The directory.

    Returns:
        `pathlib.Path`.

    Raises:
        OSError: It can't be made or written to.
    """
    path = pathlib.Path(path).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise OSError(
            f"Can't write to the output directory: {reason}. "
            f"Received: directory={str(path)!r}"
        ) from error
    return path


def cache_directory() -> pathlib.Path:
    """Returns the project's part of Keras' cache; it may not exist yet."""
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    return pathlib.Path(home) / "zoo"


def file_sha256(path: str | os.PathLike) -> str:
    """Returns the SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
