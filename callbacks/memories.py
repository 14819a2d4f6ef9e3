"""What callbacks remember from epoch to epoch, kept with a training's state."""

import csv
import io
import pathlib
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from zoo.utils.files import replacing

KNOWN: dict[type, tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: (
        "wait",
        "stopped_epoch",
        "best",
        "best_epoch",
        "best_weights",
    ),
    keras.callbacks.ModelCheckpoint: (
        "best",
        "_batches_seen_since_last_saving",
        "_last_batch_seen",
    ),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
}
"""Attributes of Keras' callbacks in which they remember."""


def collected(callbacks: Iterable[Any]) -> tuple[dict[str, Any], bytes]:
    """Returns what callbacks remember.

    Args:
        callbacks: Callbacks; one of one's own takes part by `get_state`, which
            returns what JSON can hold, and `set_state`.

    Returns:
        Values by name of callback, for JSON; and arrays, as a `.npz` file.
    """
    values, arrays = {}, {}
    for name, callback in _named(callbacks):
        if hasattr(callback, "get_state"):
            values[name] = callback.get_state()
            continue
        values[name] = own = {}
        for attribute in _attributes(callback):
            value = getattr(callback, attribute, None)
            if isinstance(value, list):  # Of weights.
                own[attribute] = [len(value)]
                for i, array in enumerate(value):
                    arrays[f"{name}/{attribute}/{i}"] = array
            else:
                own[attribute] = None if value is None else float(value)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return values, file.getvalue()


def restore(
    callbacks: Iterable[Any], values: dict[str, Any], arrays: bytes
) -> None:
    """Gives callbacks what they remembered.

    Args:
        callbacks: The callbacks; one that was not there keeps what it has.
        values: The values that `collected` returned.
        arrays: The arrays that it returned, as a `.npz` file.
    """
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        for name, callback in _named(callbacks):
            if name not in values:
                continue
            if hasattr(callback, "set_state"):
                callback.set_state(values[name])
                continue
            for attribute in set(_attributes(callback)) & set(values[name]):
                value = values[name][attribute]
                if isinstance(value, list):
                    own = range(value[0])
                    value = [stored[f"{name}/{attribute}/{i}"] for i in own]
                elif value is not None and attribute != "best":
                    value = int(value)
                setattr(callback, attribute, value)


def _named(callbacks):
    """Yields those that remember, by class and number."""
    counts: dict[str, int] = {}
    for callback in callbacks:
        if _attributes(callback) or hasattr(callback, "get_state"):
            kind = type(callback).__name__
            counts[kind] = number = counts.get(kind, -1) + 1
            yield f"{kind}-{number}", callback


def _attributes(callback):
    found = [names for cls, names in KNOWN.items() if isinstance(callback, cls)]
    return found[0] if found else ()


def appended_logs(callbacks: Iterable[Any]) -> list[Any]:
    """Returns those of callbacks that append to a log.

    Args:
        callbacks: Any callbacks.
    """
    loggers = (x for x in callbacks if isinstance(x, keras.callbacks.CSVLogger))
    return [logger for logger in loggers if logger.append]


def forget_rows(loggers: Iterable[Any], epoch: int) -> None:
    """Cuts logs back to what a state has behind it.

    Args:
        loggers: What `appended_logs` returned.
        epoch: Number of epochs that the state has behind it.
    """
    for logger in loggers:
        _cut(pathlib.Path(logger.filename), logger.sep, epoch)


def _cut(log, separator, epoch):
    if not log.is_file():
        return
    with open(log, newline="") as file:
        header, *rows = list(csv.reader(file, delimiter=separator)) or [[]]
    whole = [row for row in rows if len(row) == len(header)]
    kept = [row for row in whole if row[0].isdigit() and int(row[0]) < epoch]
    if len(kept) < len(rows):
        with replacing(log) as temporary, open(temporary, "w", newline="") as f:
            csv.writer(f, delimiter=separator).writerows([header, *kept])
