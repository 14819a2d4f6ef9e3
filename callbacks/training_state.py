"""Training that a crash does not lose and that goes on exactly."""

import io
import json
import logging
import os
import pathlib
import zipfile

import h5py
import keras
import numpy as np

from zoo import siblings
from zoo.engine.finite import not_finite, some
from zoo.utils import checks
from zoo.utils.files import output_directory, replacing

from .saved_rates import described, differing_rates, set_rate

logger = logging.getLogger(__name__)

WEIGHTS = "model.weights.h5"
"""Where Keras keeps weights in a `.keras` file."""


class TrainingState(keras.callbacks.Callback):
    """Saves all that a training needs to go on as if it never stopped.

    At the end of epochs the model, with every optimizer's state, its averages
    and seeds, is saved to `directory`. A `fit` that finds a state there
    continues after the saved epoch. Its weights and logs equal those of an
    uninterrupted training bit by bit, where the backend's operations are
    deterministic (see `zoo.backend.enable_determinism`) and the data come from
    `pipelines`, whose order is a function of seed and epoch; other data start
    the epoch in their own order.

    A kill at any moment, `kill -9` included, leaves a state to go on from. So
    does a training that diverges: a state that is not finite is not saved, and
    one that an earlier version saved is passed over; both are logged.
    Pass this callback last, so that what the others change is saved too.

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

    Raises:
        OSError: `directory` can't be written to.
        ValueError: An argument out of its range. At the start of `fit`: the
            state belongs to another model or other optimizers, or no saved
            file can be read.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        every: int = 1,
        learning_rate: str = "saved",
    ):
        super().__init__()
        self.learning_rate = checks.one_of(
            "learning_rate", learning_rate, ("saved", "model")
        )
        self.every = checks.positive_integer("every", every)
        self.directory = output_directory(directory)

    def saved(self) -> list[pathlib.Path]:
        """Returns the saved files, newest first."""
        return sorted(self.directory.glob("epoch-*.keras"), reverse=True)

    @property
    def epoch(self) -> int:
        """Number of epochs that the newest usable state has behind it."""
        for file in self.saved():
            if _fault(file) is None:
                return _epoch(file)
        return 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restores the newest state, if there is one."""
        for leftover in self.directory.glob(".*-epoch-*.keras"):
            leftover.unlink()  # Of a process that was killed as it saved.
        files = self.saved()
        for file in files:
            if fault := _fault(file):
                logger.warning("%s %s; trying an older state.", file, fault)
                continue
            self._restore(file)
            # As Keras' own BackupAndRestore does; fit() reads it next.
            self.model._initial_epoch = _epoch(file)
            return
        if files:
            raise ValueError(
                "No saved training state can be read; remove the directory "
                f"to start anew. Received: {[str(f) for f in files]}"
            )

    def _restore(self, file):
        saved, own = _config_of(file), _own_config(self.model)
        _check_same_model(file, saved, own)
        rates = differing_rates(saved, own)
        self.model.load_weights(file)
        for player, (before, now) in rates.items():
            logger.warning(self._settle(player, before, now))

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

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves the state if it is finite, then drops those before the last."""
        if (epoch + 1) % self.every:
            return
        if paths := not_finite(self.model):
            logger.warning(
                "The state after epoch %d is not saved, since it is not "
                "finite: %s. %s",
                epoch + 1,
                some(paths),
                self._newest(),
            )
            return
        path = self.directory / f"epoch-{epoch + 1:06d}.keras"
        with replacing(path) as temporary:
            self.model.save(temporary)
        for file in [x for x in self.saved() if x <= path][2:]:
            file.unlink()

    def _newest(self):
        files = self.saved()
        return f"The newest is {files[0]}." if files else "There is none."

    def on_train_end(self, logs: dict | None = None) -> None:
        """Lets a later `fit` of the same model start where it wants to."""
        self.model._initial_epoch = None


def _epoch(file):
    return int(file.stem.removeprefix("epoch-"))


def _fault(file):
    """Returns what is wrong with a state, or `None`."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.testzip() is not None:
                return "is damaged"
            weights = io.BytesIO(archive.read(WEIGHTS))
        with h5py.File(weights, "r") as stored:
            found = stored.visititems(_name_if_not_finite)
    except (zipfile.BadZipFile, OSError, KeyError):
        return "is damaged"
    return found and f"is not finite ({found})"


def _name_if_not_finite(name, item):
    """Returns the name of an array with NaN or infinity, else `None`."""
    if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
        return None if np.isfinite(item[()]).all() else name
    return None


def _config_of(file):
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("config.json"))


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
