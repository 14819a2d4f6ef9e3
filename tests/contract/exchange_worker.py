"""On another backend: loads every model, uses it, goes on, and saves it."""

import pathlib
import sys

import keras
import numpy as np

from .models import BATCH, EAGER, TABLE, save_state


def exchange(entry, directory):
    """Reads `model.keras`, and writes what it found and made of it."""
    model = keras.saving.load_model(directory / "model.keras")
    model.run_eagerly = EAGER
    save_state(model, directory / "found.npz")
    np.save(directory / "made.npy", entry.use(model, 2))
    entry.fit(model, BATCH)
    save_state(model, directory / "after.npz")
    np.save(directory / "made_after.npy", entry.use(model, 2))
    model.save(directory / "after.keras")


if __name__ == "__main__":
    for line in TABLE:
        exchange(line, pathlib.Path(sys.argv[1], line.name))
