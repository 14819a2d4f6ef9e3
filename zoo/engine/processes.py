"""Callbacks of a training, also in one of several processes."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from zoo import backend

WRITERS = (
    keras.callbacks.BackupAndRestore,
    keras.callbacks.CSVLogger,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
"""Keras' callbacks that write what all processes have alike."""


def of_this_process(callbacks: Iterable[Any]) -> list[Any]:
    """Leaves out callbacks that only write, where another process does.

    Those of Keras, and those that have a true `first_process_alone`.

    Args:
        callbacks: All that were asked for.
    """
    if backend.writes_files():
        return list(callbacks)
    return [
        callback
        for callback in callbacks
        if not isinstance(callback, WRITERS)
        and not getattr(callback, "first_process_alone", False)
    ]


@contextlib.contextmanager
def during_fit(callbacks: Any) -> Iterator[None]:
    """Lets callbacks hold what is theirs while `fit` runs, however it ends.

    Args:
        callbacks: Callbacks, or Keras' list of them. One that has a method
            `during_fit`, which returns a context manager, is given all.
    """
    listed = getattr(callbacks, "callbacks", callbacks)
    with contextlib.ExitStack() as held:
        for callback in listed:
            if hasattr(callback, "during_fit"):
                held.enter_context(callback.during_fit(listed))
        yield
