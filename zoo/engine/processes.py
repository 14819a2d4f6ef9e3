"""Callbacks in one of several processes that train one model."""

from collections.abc import Iterable
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
