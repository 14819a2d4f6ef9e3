"""A whole training in one call: what `zoo train` runs."""

import pathlib
import time
from contextlib import nullcontext

import keras
import numpy as np
from keras import ops

from zoo import backend, siblings
from zoo.commands.run import Run, build
from zoo.commands.run_directory import claim, write_settings
from zoo.commands.training_log import columns_of, drop_rows, plot
from zoo.engine.finite import not_finite, some
from zoo.engine.learning_rates import rate_column
from zoo.recipes.inputs import all_images
from zoo.recipes.settings import Settings
from zoo.utils.files import locked, output_directory, replacing

MINUTES = 10
"""Between states within an epoch."""


def train(
    settings: Settings,
    epochs: int | None,
    directory: str | pathlib.Path,
    overwrite: bool = False,
    *,
    resume: bool = False,
    max_seconds: float | None = None,
    tensorboard: bool = False,
) -> pathlib.Path:
    """Trains a model and leaves all that shows how it went.

    Called again with the same settings and directory, it goes on where the
    last call was interrupted, exactly. With more epochs, or after all of them,
    it goes on too: learning rates that change then follow the new number, as
    if it had been asked for from the start, and are said.

    Args:
        settings: What to train.
        epochs: Passes over the data; `None` for the recipe's.
        directory: Where to write `samples/` (grids and an animation),
            `losses.csv`, `losses.png`, `model.keras`, `settings.json` and
            `state/`; with `features` also `distance.png` and `best.keras`,
            the model at the least distance.
        overwrite: Removes an earlier training in `directory` first.
        resume: Whether to go on with what is in `directory`, although its
            settings are others, such as another learning rate.
        max_seconds: Begins no epoch that would not end in so many seconds.
        tensorboard: Whether to write `tensorboard/`, too.

    Returns:
        The directory.

    Raises:
        ValueError: `directory` holds another training, or one that is
            already finished, and `overwrite` is not set; another process
            trains there; or losses or weights are no longer finite, of which
            nothing is saved.
        TrainingInterrupted: SIGTERM or Ctrl-C ended it, its state saved.
        OSError: `directory` can't be written to.
    """
    directory = output_directory(directory)
    backend.join()
    with locked(directory) if backend.writes_files() else nullcontext():
        return _train(
            settings,
            epochs,
            directory,
            overwrite,
            resume,
            max_seconds,
            tensorboard,
        )


def _train(
    settings, epochs, directory, overwrite, resume, max_seconds, tensorboard
):
    started, writes = time.monotonic(), backend.writes_files()
    overwrite = overwrite and writes
    earlier = claim(directory, settings, overwrite, resume)
    backend.agreed(ops.zeros(()))  # None reads what another removes.
    state = siblings.callbacks.TrainingState(
        directory / "state",
        learning_rate="model",
        every_minutes=MINUTES,
        stop_on_signals=True,
    )
    keras.utils.set_random_seed(settings.seed)
    run = build(settings, epochs)
    place = state.place  # It is looked for in whole files: once.
    _check_unfinished(directory, place.epoch, run.epochs, earlier)
    log = directory / "losses.csv"
    if writes:
        # Not before they are known to work.
        write_settings(directory, settings, run.facts())
        print(run.summary())
        if place.epoch or place.step:
            print(_going_on(place, run, earlier))
        drop_rows(log, place.epoch, map(rate_column, run.model.players))
    limit = []
    if max_seconds is not None:
        left = max(0.0, max_seconds - (time.monotonic() - started))
        limit = [siblings.callbacks.TimeLimit(left)]
    _fit(run, directory, log, tensorboard, [state, *limit])
    if not writes:
        return directory
    with replacing(directory / "model.keras") as temporary:
        run.model.save(temporary)
    plot(run.model, log, directory)
    done = state.epoch
    write_settings(directory, settings, run.facts() | {"finished": done})
    if any(callback.stopped for callback in limit):
        print(
            f"Out of time after epoch {done} of {run.epochs}. To go "
            f"on: zoo train --resume {directory}"
        )
    return directory


def _check_unfinished(directory, done, epochs, earlier):
    # A kill at the very end leaves what the state is enough to write.
    if done >= epochs and earlier.get("finished") == done:
        raise ValueError(
            f"The training in {directory} has already run {done} epochs; ask "
            "for more, or give overwrite or another directory. "
            f"Received: epochs={epochs}"
        )


def _going_on(place, run, earlier):
    """Says where a training goes on, and what the rates follow."""
    steps = f" and {place.step} batches" if place.step else ""
    text = f"Goes on after epoch {place.epoch} of {run.epochs}{steps}."
    before = earlier.get("epochs", run.epochs)
    if before != run.epochs:
        text += (
            f" It was to have {before}; a learning rate that changes follows "
            "the new number from here on."
        )
    return text


def _fit(run: Run, directory, log, tensorboard, last):
    """Trains, with callbacks whose order says who sees what of whom."""
    progress = siblings.callbacks.Progress()
    writer = keras.callbacks.CSVLogger(str(log), append=True)
    events = str(directory / "tensorboard") if tensorboard else None
    boards = []
    if events is not None:
        boards = [keras.callbacks.TensorBoard(events, write_graph=False)]
    try:
        run.model.fit(
            run.inputs.data,
            epochs=run.epochs,
            verbose=0,
            callbacks=[
                _Guard(directory),
                *_distance(run.settings, directory, log),
                siblings.callbacks.LearningRates(),
                progress,
                _Clock(),
                keras.callbacks.TerminateOnNaN(),
                writer,
                *boards,
                siblings.callbacks.SampleGrid(
                    directory / "samples",
                    inputs=run.inputs.preview,
                    tensorboard=events,
                ),
                *last,
            ],
        )
    finally:
        progress.close()
        writer.on_train_end()  # Closes the log after an error, too.


class _Clock(keras.callbacks.Callback):
    """Logs how many seconds each epoch took."""

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs):
        """Reads the clock."""
        logs["seconds"] = round(time.perf_counter() - self.start, 2)


def _distance(settings, directory, log):
    """Callbacks that log the Fréchet distance and keep the best model."""
    if settings.features is None:
        return []
    evaluate = siblings.callbacks.Evaluate(
        ["fd"],
        settings.features,
        reference=all_images(
            settings.data,
            settings.size,
            settings.channels,
            on_error=settings.on_error,
        ),
        count=settings.samples,
        seed=settings.seed,
    )
    (name,) = evaluate.evaluator.names()
    earlier = filter(np.isfinite, columns_of(log).get(name, []))
    keep = keras.callbacks.ModelCheckpoint(
        directory / "best.keras",
        monitor=name,
        mode="min",
        save_best_only=True,
        initial_value_threshold=min(earlier, default=None),
    )
    return [evaluate, keep]


class _Guard(keras.callbacks.Callback):
    """Ends a training that diverged, before anything of it is kept."""

    def __init__(self, directory):
        super().__init__()
        self.directory = directory

    def on_epoch_end(self, epoch, logs):
        """Looks at the losses, then at the weights."""
        wrong = {k: float(v) for k, v in logs.items() if not np.isfinite(v)}
        found = [f"{name}={value}" for name, value in wrong.items()]
        found = found or not_finite(self.model)
        if found:
            raise ValueError(
                f"The training diverged in epoch {epoch + 1}. What was saved "
                "before is as it was, the last good state and the best model: "
                "go on with a lower learning rate: zoo train --resume "
                f"{self.directory} --learning-rate RATE. Received, not "
                f"finite: {some(found)}"
            )
