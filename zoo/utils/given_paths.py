"""Which files the user has named, and not a file that came from elsewhere.

A model's arguments may name a file, such as that of a feature network. Where
the arguments are those of a preset or a `.keras` file, whoever wrote that would
decide what is opened here.
"""

import contextlib
import contextvars
import os
from collections.abc import Iterator

_given: set[str] = set()
_from_file: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "from_file", default=False
)


@contextlib.contextmanager
def of_a_file() -> Iterator[None]:
    """Says that paths within it are not the user's, but a file's."""
    token = _from_file.set(True)
    try:
        yield
    finally:
        _from_file.reset(token)


def give(path: str | os.PathLike) -> None:
    """Notes that a path was given, unless within `of_a_file`.

    Args:
        path: The path.
    """
    if not _from_file.get():
        _given.add(_key(path))


def is_given(path: str | os.PathLike) -> bool:
    """Returns whether the user has given a path in this process.

    Args:
        path: The path.
    """
    return _key(path) in _given


def _key(path):
    return os.path.abspath(os.path.expanduser(os.fspath(path)))
