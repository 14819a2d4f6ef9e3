"""Trains every model to its end, then again, until it is killed."""

import os
import pathlib
import signal
import sys

import keras

import callbacks
import pipelines

from .models import (
    BATCH,
    COUNT,
    EAGER,
    MODELS,
    compile_small,
    everything,
    restore,
    save_state,
)

EPOCHS = 2
SHUFFLED = "shuffled"
"""A training whose pipeline shuffles its data, to others in each epoch."""


def start(name):
    """Returns the compiled model of a training."""
    entry = MODELS["DCGAN" if name == SHUFFLED else name]
    return compile_small(entry.make(), run_eagerly=EAGER)


def data_of(name):
    """Returns what a training's `fit` takes as its data."""
    if name == SHUFFLED:
        (images,) = MODELS["DCGAN"].data(4 * BATCH)
        data = pipelines.images(images, 16, BATCH, shuffle_seed=3, flip=True)
        return {"x": data}
    arrays = dict(zip("xy", MODELS[name].data(COUNT), strict=False))
    return {**arrays, "batch_size": BATCH, "shuffle": False}


def fit(model, data, directory, *others):
    """Trains to the end, from the state in the directory if there is one."""
    log = keras.callbacks.CSVLogger(f"{directory}/log.csv", append=True)
    state = callbacks.TrainingState(directory)
    return model.fit(
        **data, epochs=EPOCHS, verbose=0, callbacks=[*others, log, state]
    )


class Then(keras.callbacks.Callback):
    """Calls a function in the middle of the second epoch."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Calls it, and never comes back."""
        if self.epoch == 1:
            self.function()


def train_until_killed(trainings, directory):
    """Starts a training within the one before, all unfinished in the end."""
    if not trainings:
        os.kill(os.getpid(), signal.SIGKILL)
    name, model, data = trainings[0]

    def others():
        train_until_killed(trainings[1:], directory)

    fit(model, data, directory / name / "killed", Then(others))


def train(directory):
    """Trains each model whole, and all again until the process is killed."""
    trainings = []
    for name in (*MODELS, SHUFFLED):
        model, data = start(name), data_of(name)
        initial = everything(model)
        place = directory / name
        place.mkdir()
        save_state(model, place / "initial.npz")
        fit(model, data, place / "whole")
        save_state(model, place / "whole.npz")
        restore(model, initial)
        trainings.append((name, model, data))
    train_until_killed(trainings, directory)


if __name__ == "__main__":
    train(pathlib.Path(sys.argv[1]))
