"""States within an epoch: a training goes on after the batch it had reached."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from contract.models import BATCH, EAGER, MODELS, compile_small
from support.harness import differing, random_images, state_of, tiny_dcgan

import callbacks
from callbacks import memories
from callbacks.training_state import Place

EPOCHS, STEPS = 2, 5


class Crash(keras.callbacks.Callback):
    """Ends a training after a batch, once."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) == self.at:
            raise RuntimeError("crash")


def train(name, *others):
    """Trains a new model; returns it and its history."""
    entry = MODELS[name]
    model = compile_small(entry.make(), run_eagerly=EAGER)
    history = model.fit(
        *entry.data(BATCH * STEPS),
        batch_size=BATCH,
        shuffle=False,
        epochs=EPOCHS,
        verbose=0,
        callbacks=list(others),
    )
    return model, history.history


@pytest.mark.parametrize(
    ("name", "crashes"),
    [
        ("DCGAN", {(0, 3): Place(0, 2), (1, 5): Place(1, 4)}),
        ("CycleGAN", {(1, 5): Place(1, 4)}),  # With a pool of past images.
    ],
)
def test_goes_on_exactly(name, crashes, tmp_path):
    """As if it had not been killed: weights, state and logs."""
    whole, logs = train(name)
    state = callbacks.TrainingState(tmp_path, every_steps=2)
    for crash, saved in crashes.items():
        with pytest.raises(RuntimeError, match="crash"):
            train(name, Crash(*crash), state)
        assert state.place == saved
    model, later = train(name, state)
    assert differing(state_of(model), state_of(whole)) == []
    assert {k: v[-1] for k, v in later.items()} == {
        k: v[-1] for k, v in logs.items()
    }
    assert [x.name for x in state.saved()] == [
        "epoch-000002.keras",
        "epoch-000001-step-00000004.keras",
    ]


def test_signals_end_a_training_in_order(tmp_path):
    def kill(batch, logs):
        if batch == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    state = callbacks.TrainingState(tmp_path, stop_on_signals=True)
    stop = keras.callbacks.LambdaCallback(on_train_batch_end=kill)
    with pytest.raises(
        callbacks.TrainingInterrupted, match=r"SIGTERM .* epoch 0 and 2 batches"
    ) as raised:
        train("DCGAN", stop, state)
    assert raised.value.signal == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    assert state.place == Place(0, 2)


HOLD = """
import filelock, sys
with filelock.FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_a_directory(tmp_path):
    state = callbacks.TrainingState(tmp_path)
    lock = tmp_path / ".lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match="Another process trains in this"):
            train("DCGAN", state)
        other.kill()
    tiny_dcgan().fit(random_images(4), verbose=0, callbacks=[state])
    assert state.epoch == 1


@pytest.mark.backend_free
def test_callbacks_remember():
    """Each kind by itself: what it knew, and nothing of another's."""
    stopping = keras.callbacks.EarlyStopping("loss", patience=5)
    stopping.wait, stopping.best, stopping.best_epoch = 3, 0.25, 7
    stopping.best_weights = [np.arange(3.0), np.zeros((2, 2), "float32")]
    plateau = keras.callbacks.ReduceLROnPlateau("loss")
    plateau.wait, plateau.best, plateau.cooldown_counter = 2, 1 / 3, 1
    best = [keras.callbacks.ModelCheckpoint("x.keras") for _ in range(2)]
    best[0].best, best[1].best = np.float32(0.5), None
    values, arrays = memories.collected([stopping, plateau, *best])

    others = (
        keras.callbacks.EarlyStopping("loss", patience=5),
        keras.callbacks.ReduceLROnPlateau("loss"),
        *(keras.callbacks.ModelCheckpoint("x.keras") for _ in range(2)),
    )
    memories.restore(others, values, arrays)
    for old, new in zip([stopping, plateau, *best], others, strict=True):
        for name in memories.KNOWN[type(old)]:
            if name != "best_weights":
                assert getattr(new, name) == getattr(old, name), name
    for old, new in zip(
        stopping.best_weights, others[0].best_weights, strict=True
    ):
        np.testing.assert_array_equal(old, new)


class Counter(keras.callbacks.Callback):
    """A callback of one's own that remembers, and logs what never changes."""

    count = 0

    def on_epoch_end(self, epoch, logs):
        self.count += 1
        logs["steady"] = 1.0

    def get_state(self):
        return self.count

    def set_state(self, state):
        self.count = state


def test_callbacks_go_on(tmp_path):
    """Patience that a kill would have renewed ends the training in time."""
    state = callbacks.TrainingState(tmp_path / "state")
    log = tmp_path / "log.csv"
    model = tiny_dcgan(ema_decay=None)
    for epochs in (2, 9):
        counter = Counter()
        history = model.fit(
            random_images(4),
            epochs=epochs,
            verbose=0,
            callbacks=[
                counter,
                keras.callbacks.EarlyStopping("steady", patience=3, mode="min"),
                keras.callbacks.CSVLogger(log, append=True),
                state,
            ],
        )
        if epochs == 2:
            with open(log, "a") as file:
                file.write("2,0.5,")  # What a kill cut short.
    assert history.epoch == [2, 3]
    assert counter.count == 4
    rows = log.read_text().splitlines()
    assert [row.partition(",")[0] for row in rows[1:]] == ["0", "1", "2", "3"]


def test_a_signal_in_the_last_batch_of_an_epoch(tmp_path):
    """The epoch is ended, with its logs, and is whole in the state."""

    def kill(epoch, logs):
        os.kill(os.getpid(), signal.SIGINT)

    state = callbacks.TrainingState(tmp_path, stop_on_signals=True)
    stop = keras.callbacks.LambdaCallback(on_epoch_end=kill)
    with pytest.raises(
        callbacks.TrainingInterrupted, match=r"SIGINT .* epoch 1,"
    ):
        train("DCGAN", stop, state)
    assert state.place == Place(1)
