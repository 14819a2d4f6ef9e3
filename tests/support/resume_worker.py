"""Saves states until `test_training_state.py` kills it."""

import sys

import callbacks
from support.harness import tiny_dcgan


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
    save_forever(sys.argv[1])
