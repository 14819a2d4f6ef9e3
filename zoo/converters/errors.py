"""What readers of checkpoints raise, and how they name the file."""

import contextlib
import os
import reprlib
import struct
import zipfile
from collections.abc import Iterator
from typing import Any


class CheckpointError(ValueError):
    """A checkpoint can't be read: damaged, unsafe or of another kind."""


def describe(value: Any) -> str:
    """Returns a short text of any value, nested however deep."""
    return reprlib.repr(value)


@contextlib.contextmanager
def naming_file(path: str | os.PathLike) -> Iterator[None]:
    """Names the file in errors, and turns damage into `CheckpointError`.

    Args:
        path: The file that the block reads.

    Raises:
        CheckpointError: The block raised one, or what damaged files cause.
    """
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{error}, path={str(path)!r}") from error
    except FileNotFoundError:
        raise
    # What `zipfile` raises for damaged archives, besides its own error;
    # RecursionError, a RuntimeError, is what deeply nested JSON causes.
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        LookupError,
        OSError,
        ValueError,
        OverflowError,
        struct.error,
    ) as error:
        raise CheckpointError(
            f"The checkpoint is damaged: {error}. Received: path={str(path)!r}"
        ) from error
