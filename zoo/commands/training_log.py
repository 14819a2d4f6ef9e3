"""The losses of a training: `losses.csv`, and what is drawn of it."""

import csv
import pathlib
from collections.abc import Iterable

import numpy as np

from zoo.engine.generative_model import GenerativeModel
from zoo.engine.learning_rates import rate_column
from zoo.utils.files import replacing
from zoo.utils.plots import plot_curves

MAX_BYTES = 64 << 20


def drop_rows(log: pathlib.Path, epoch: int, names: Iterable[str]) -> None:
    """Forgets epochs that the log has but the saved state has not.

    Gives a log of an earlier version the columns that it lacks, in the order
    that CSVLogger has: names sorted, then all of them as of a validation.

    Args:
        log: A file that `train` wrote, or none yet.
        epoch: Number of epochs that the state has behind it.
        names: Columns that it has to have.
    """
    header, rows = _read(log)
    if not header:
        return
    logged = {*header[1:], *names}
    logged = sorted(name for name in logged if not name.startswith("val_"))
    columns = ["epoch", *logged, *(f"val_{name}" for name in logged)]
    with replacing(log) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="NA")
        writer.writeheader()
        writer.writerows(
            dict(zip(header, row, strict=True))
            for row in rows
            if _epoch(log, row) < epoch
        )


def _epoch(log, row):
    try:
        return int(row[0])
    except ValueError as error:
        raise _damaged(log, error) from error


def _read(log):
    """Returns header and whole rows; a kill can cut the last one short."""
    if not log.exists():
        return [], []
    try:
        if log.stat().st_size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        with open(log, newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (ValueError, csv.Error) as error:
        raise _damaged(log, error) from error
    return header, [row for row in rows if len(row) == len(header)]


def _damaged(log, error):
    return ValueError(
        "Expected a log of losses, as zoo train writes it. "
        f"Received: {log} ({error})"
    )


def columns_of(log: pathlib.Path) -> dict[str, list[float]]:
    """Reads a log of losses.

    Args:
        log: A file that `train` wrote, or is writing.

    Returns:
        Dict of name to the values of all epochs.

    Raises:
        ValueError: It is damaged.
    """
    header, rows = _read(log)
    columns = dict(zip(header, zip(*rows, strict=True), strict=False))
    try:
        return {
            name: list(map(float, values))
            for name, values in columns.items()
            if "NA" not in values  # CSVLogger's, for no validation.
        }
    except ValueError as error:
        raise _damaged(log, error) from error


def plot(
    model: GenerativeModel, log: pathlib.Path, directory: pathlib.Path
) -> None:
    """Draws `losses.png`, and `distance.png` of what else was measured.

    Args:
        model: The model, which knows what its losses are.
        log: What `train` wrote.
        directory: Where the plots go.
    """
    columns = columns_of(log)
    epochs = np.array(columns.pop("epoch")) + 1
    del columns["loss"]  # The sum; its terms say more.
    losses = {n: v for n, v in columns.items() if n in model.loss_names}
    plot_curves(epochs, losses, "mean loss", directory / "losses.png")
    columns.pop("seconds", None)  # Earlier versions did not log them.
    rates = set(map(rate_column, model.players))
    distances = {
        n: v for n, v in columns.items() if n not in losses and n not in rates
    }
    if distances:
        path = directory / "distance.png"
        plot_curves(epochs, distances, "Fréchet distance", path)
