"""Trainings that `test_training_state.py` kills, in processes of their own."""

import os
import signal
import sys

import keras

import callbacks
from support.harness import differing, random_images, state_of, tiny_dcgan
from zoo import backend


def training(directory, epochs, *more):
    """Runs, or goes on with, the training that the test compares."""
    import pipelines  # And TensorFlow, which saving does not need.

    backend.enable_determinism()
    keras.utils.set_random_seed(0)
    model = tiny_dcgan()
    data = pipelines.images(
        random_images(96), 16, 16, shuffle_seed=3, flip=True
    )
    log = keras.callbacks.CSVLogger(f"{directory}/log.csv", append=True)
    model.fit(
        data,
        epochs=epochs,
        verbose=0,
        callbacks=[*more, log, callbacks.TrainingState(directory)],
    )
    return model


class Kill(keras.callbacks.Callback):
    """Kills this process at the third step of the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Kills."""
        if (self.epoch, batch) == (1, 2):
            os.kill(os.getpid(), signal.SIGKILL)


def compare(killed, whole):
    """Finishes the killed training, runs a whole one, and compares them."""
    resumed, expected = training(killed, 3), training(whole, 3)
    assert differing(state_of(resumed), state_of(expected)) == []
    assert resumed.optimizer["generator"].iterations.numpy() == 18


def save_forever(directory):
    """Saves states as fast as it can, until it is killed."""
    model = tiny_dcgan()
    state = callbacks.TrainingState(directory)
    state.set_model(model)
    state.on_train_begin()
    epoch = state.epoch
    print("ready", flush=True)
    while True:
        state.on_epoch_end(epoch)
        epoch += 1


if __name__ == "__main__":
    mode, directory, *others = sys.argv[1:]
    if mode == "kill":
        training(directory, 3, Kill())
    elif mode == "compare":
        compare(directory, *others)
    else:
        save_forever(directory)
