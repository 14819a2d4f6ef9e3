"""Training that a crash does not lose and that goes on exactly."""

import contextlib
import dataclasses
import json
import logging
import os
import pathlib
import re
import signal
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import h5py
import keras
import numpy as np
from keras import ops

from zoo import backend, siblings
from zoo.engine.finite import not_finite, some
from zoo.engine.model_files import CONFIG, WEIGHTS, ModelFileError, examine
from zoo.utils import checks
from zoo.utils.files import locked, output_directory, replacing

from . import memories
from .saved_rates import described, differing_rates, set_rate

logger = logging.getLogger(__name__)

PROGRESS, ARRAYS = "progress.json", "progress.npz"
"""What is kept beside it: the running epoch's logs, and callbacks' memories."""


class TrainingInterrupted(Exception):
    """A signal ended a training, whose state is saved.

    Attributes:
        signal: The signal's number.
    """

    def __init__(self, place: "Place", number: int):
        super().__init__(
            f"{signal.Signals(number).name} ended the training after {place}, "
            "where its state is saved; the same call goes on from there."
        )
        self.signal = number


@dataclasses.dataclass(frozen=True, order=True)
class Place:
    """How far a training is.

    Attributes:
        epoch: Number of whole epochs.
        step: Number of batches of the next one.
    """

    epoch: int
    step: int = 0

    def __str__(self) -> str:
        text = f"epoch {self.epoch}"
        return f"{text} and {self.step} batches" if self.step else text

    @property
    def file(self) -> str:
        """Name of its file."""
        step = f"-step-{self.step:08d}" if self.step else ""
        return f"epoch-{self.epoch:06d}{step}.keras"

    @classmethod
    def of(cls, file: pathlib.Path) -> "Place | None":
        """Returns the place of a file, `None` for another file."""
        found = re.fullmatch(r"epoch-(\d+)(?:-step-(\d+))?", file.stem)
        return found and cls(*(int(x or 0) for x in found.groups()))


class TrainingState(keras.callbacks.Callback):
    """Saves all that a training needs to go on as if it never stopped.

    At the end of epochs, and within them if asked to, the model, with every
    optimizer's state, its averages and seeds, is saved to `directory`, with
    the logs of the running epoch and what `EarlyStopping`,
    `ReduceLROnPlateau` and `ModelCheckpoint` remember (callbacks of one's own
    take part by `get_state` and `set_state`). A `fit` that finds a state there
    continues after it; batches of the epoch that it has behind it are read and
    passed over. Its weights and logs equal those of an uninterrupted training
    bit by bit, where the backend's operations are deterministic (see
    `zoo.backend.enable_determinism`) and the data come from `pipelines`, whose
    order is a function of seed and epoch; other data start the epoch in their
    own order. A `CSVLogger(append=True)` is cut back to the state.

    A kill at any moment, `kill -9` included, leaves a state to go on from: two
    are kept, each whole or not at all, and one that is damaged is passed over.
    So is one that is not finite; such states are not saved. Both are logged.
    Pass this callback last, so that what the others change is saved too.

    While `fit` runs, a lock keeps other processes from the directory. A
    process that was killed holds none.

    Where the learning rate of the state is not that of the model, the one that
    is used is logged. A number is the saved one, or by `learning_rate="model"`
    that which the model was compiled with. A schedule is always the model's,
    at the update that is reached: one for more epochs than were saved goes on
    as if the training had been meant to last as long.

    Args:
        directory: Where the state lives; one training each.
        every: Epochs between saves.
        learning_rate: `"saved"` or `"model"`: the rate to go on at, where no
            schedule decides it.
        every_steps: Also saves within epochs, after as many batches.
        every_minutes: Also saves within epochs, after as many minutes.
        stop_on_signals: Whether SIGTERM, by which machines are taken away, and
            Ctrl-C end `fit` after the batch at hand, its state saved, with
            `TrainingInterrupted`. A second one ends it at once. In the main
            thread alone.

    Raises:
        OSError: `directory` can't be written to.
        ValueError: An argument out of its range. At the start of `fit`: another
            process trains there, the state belongs to another model or other
            optimizers, or no saved file can be read.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        every: int = 1,
        learning_rate: str = "saved",
        every_steps: int | None = None,
        every_minutes: float | None = None,
        stop_on_signals: bool = False,
    ):
        super().__init__()
        self.learning_rate = checks.one_of(
            "learning_rate", learning_rate, ("saved", "model")
        )
        self.every = checks.positive_integer("every", every)
        if every_steps is not None:
            checks.positive_integer("every_steps", every_steps)
        if every_minutes is not None:
            checks.not_negative("every_minutes", every_minutes)
        self.every_steps, self.every_minutes = every_steps, every_minutes
        self.stop_on_signals = stop_on_signals
        self.directory = output_directory(directory)
        self._others: list[Any] = []
        self._signal: int | None = None
        self._resumed: Place | None = None

    def saved(self) -> list[pathlib.Path]:
        """Returns the saved files, newest first."""
        files = self.directory.glob("epoch-*.keras")
        places = {file: place for file in files if (place := Place.of(file))}
        return sorted(places, key=lambda file: places[file], reverse=True)

    @property
    def place(self) -> Place:
        """How far the newest usable state is."""
        for file in self.saved():
            if _fault(file) is None:
                return _place(file)
        return Place(0)

    @property
    def epoch(self) -> int:
        """Number of epochs that the newest usable state has behind it."""
        return self.place.epoch

    @contextlib.contextmanager
    def during_fit(self, callbacks: Iterable[Any]) -> Iterator[None]:
        """Holds the directory, and listens to signals, while `fit` runs.

        Args:
            callbacks: All callbacks of this `fit`.
        """
        with contextlib.ExitStack() as held:
            if backend.writes_files():
                held.enter_context(locked(self.directory))
                for leftover in self.directory.glob(".*-epoch-*.keras"):
                    leftover.unlink()  # Of a process that was killed.
                if logs := memories.appended_logs(callbacks):
                    memories.forget_rows(logs, self.epoch)
            # Python lets no other thread listen.
            main = threading.current_thread() is threading.main_thread()
            if self.stop_on_signals and main:
                held.enter_context(self._listening())
            self._others = [x for x in callbacks if x is not self]
            yield

    @contextlib.contextmanager
    def _listening(self):
        self._signal = None

        def listen(number, frame):
            self._signal = number
            signal.signal(number, before[number])  # A second one ends it.

        numbers = signal.SIGTERM, signal.SIGINT
        before = {number: signal.signal(number, listen) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restores the newest state, if there is one."""
        self._resumed, self._saved_at = None, time.monotonic()
        files = self.saved()
        for file in files:
            fault = _fault(file)
            try:
                if fault is None:
                    self._restore(file)
            except ModelFileError as error:
                fault = f"can't be loaded ({error})"
            if fault:
                logger.warning("%s %s; trying an older state.", file, fault)
                continue
            # As Keras' own BackupAndRestore does; fit() reads it next.
            self._resumed = _place(file)
            self.model._initial_epoch = self._resumed.epoch
            return
        if files:
            raise ValueError(
                "No saved training state can be read; remove the directory "
                f"to start anew. Received: {[str(f) for f in files]}"
            )

    def _restore(self, file):
        with zipfile.ZipFile(file) as archive:
            saved = json.loads(archive.read(CONFIG))
            kept = PROGRESS in archive.namelist()  # Not by earlier versions.
            progress = json.loads(archive.read(PROGRESS)) if kept else {}
            arrays = archive.read(ARRAYS) if kept else b""
        own = _own_config(self.model)
        _check_same_model(file, saved, own)
        rates = differing_rates(saved, own)
        self.model.load_weights(file)
        for player, (before, now) in rates.items():
            logger.warning(self._settle(player, before, now))
        self._logs = progress.get("logs", [])
        if progress:
            memories.restore(self._others, progress["callbacks"], arrays)

    def _settle(self, player, before, now):
        """Decides between two rates, and returns what is to be said."""
        texts = (
            f"the saved {described(before)}",
            f"the model's {described(now)}",
        )
        what = f"The learning rate of {player!r} is from here on"
        if not isinstance(now, float):
            return f"{what} {texts[1]}, not {texts[0]}."
        if self.learning_rate == "saved":
            hint = 'TrainingState(..., learning_rate="model") changes it'
            return f"{what} {texts[0]}, not {texts[1]}; {hint}."
        set_rate(self.model, player, now)
        return f"{what} {texts[1]}, not {texts[0]}."

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Tells the input pipelines which epoch's order to use."""
        # Without tf.data pipelines there may be no TensorFlow to import.
        pipelines = siblings.loaded("pipelines")
        if pipelines is not None:
            pipelines.set_epoch(epoch, self.params.get("steps"))
        self._epoch, self._step, self._behind = epoch, 0, 0
        if self._resumed is not None and self._resumed.epoch == epoch:
            self._step = self._behind = self._resumed.step
            self.model.batches_to_skip = self._behind
            if self._behind:
                _set_logs(self.model, self._logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves the state if it is time, or if a signal came."""
        done = batch + 1
        if done <= self._behind or done == self.params.get("steps"):
            return  # It was passed over, or the epoch is about to end.
        number = self._signal_of_all()
        if number or self._is_time(done):
            self._save(Place(self._epoch, done))
        if number:
            raise TrainingInterrupted(Place(self._epoch, done), number)

    def _signal_of_all(self):
        """Returns the signal that came, 0 for none, alike in all processes."""
        if not self.stop_on_signals:
            return 0
        if backend.replica_count() == 1:  # Nobody to ask in every step.
            return self._signal or 0
        own = ops.convert_to_tensor(float(self._signal or 0))
        came = float(ops.convert_to_numpy(backend.agreed(own))) > 0
        return (self._signal or int(signal.SIGTERM)) if came else 0

    def _is_time(self, done):
        steps, minutes = self.every_steps, self.every_minutes
        if steps is not None and done - self._step >= steps:
            return True
        seconds = time.monotonic() - self._saved_at
        return minutes is not None and seconds >= 60 * minutes

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves the state, if the epoch's turn is come or a signal came."""
        number, place = self._signal_of_all(), Place(epoch + 1)
        if number or (epoch + 1) % self.every == 0:
            self._save(place)
        if number and epoch + 1 < self.params["epochs"]:
            raise TrainingInterrupted(place, number)

    def _save(self, place):
        """Saves the state if it is finite, then drops those before the last."""
        backend.sync_state(self.model)
        self._step, self._saved_at = place.step, time.monotonic()
        if not backend.writes_files():
            return
        if paths := not_finite(self.model):
            logger.warning(
                "The state after %s is not saved, since it is not finite: "
                "%s. %s",
                place,
                some(paths),
                self._newest(),
            )
            return
        path = self.directory / place.file
        remembered, arrays = memories.collected(self._others)
        progress = {"callbacks": remembered, "logs": _logs(self.model)}
        with replacing(path) as temporary:
            self.model.save(temporary)
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.writestr(PROGRESS, json.dumps(progress))
                archive.writestr(ARRAYS, arrays)
        for file in [x for x in self.saved() if _place(x) <= place][2:]:
            file.unlink()

    def _newest(self):
        files = self.saved()
        return f"The newest is {files[0]}." if files else "There is none."

    def on_train_end(self, logs: dict | None = None) -> None:
        """Lets a later `fit` of the same model start where it wants to."""
        self.model._initial_epoch = None
        self.model.batches_to_skip = 0


def _place(file):
    return Place.of(file) or Place(0)


def _fault(file):
    """Returns what is wrong with a state, or `None`."""
    try:
        examine(file)
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(WEIGHTS) as weights,
            h5py.File(weights, "r") as stored,
        ):
            found = stored.visititems(_name_if_not_finite)
    except (ModelFileError, zipfile.BadZipFile, OSError, KeyError):
        return "is damaged"
    return found and f"is not finite ({found})"


def _name_if_not_finite(name, item):
    """Returns the name of an array with NaN or infinity, else `None`."""
    if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
        return None if np.isfinite(item[()]).all() else name
    return None


def _logs(model):
    """Returns the sums and counts of the running epoch's logs."""
    return [float(ops.convert_to_numpy(v)) for v in _log_variables(model)]


def _set_logs(model, values):
    for variable, value in zip(_log_variables(model), values, strict=True):
        variable.assign(value)


def _log_variables(model):
    return [v for metric in model.metrics for v in metric.variables]


def _own_config(model):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def _check_same_model(file, saved, own):
    saved, own = _identity(saved), _identity(own)
    different = [key for key in own if own[key] != saved.get(key)]
    if different:
        raise ValueError(
            f"The state in {file} belongs to another model or training. "
            + " ".join(
                f"Expected {key}={own[key]!r}. "
                f"Received: {key}={saved.get(key)!r}."
                for key in different
            )
        )


def _identity(config):
    """Returns what must agree: class, arguments and kinds of optimizers."""
    arguments = {k: v for k, v in config["config"].items() if k != "name"}
    optimizers = config.get("compile_config", {}).get("optimizers", {})
    kinds = {k: _kind(v) for k, v in optimizers.items()}
    return {"class": config["registered_name"], **arguments, **kinds}


def _kind(optimizer):
    inner = optimizer["config"].get("inner_optimizer")
    own = optimizer["class_name"]
    return f"{own}({_kind(inner)})" if inner else own
