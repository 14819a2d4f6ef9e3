"""A whole training in one call: what `zoo train` runs."""

import dataclasses
import json
import pathlib
import shutil
import time

import keras
import numpy as np

from zoo import siblings
from zoo.commands.training_log import columns_of, drop_rows, plot
from zoo.engine.finite import not_finite, some
from zoo.engine.learning_rates import rate_column
from zoo.recipes.inputs import all_images
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import Settings
from zoo.utils.files import output_directory, replacing

OWN_FILES = (
    "settings.json",
    "losses.csv",
    "losses.png",
    "distance.png",
    "model.keras",
    "best.keras",
)
OWN_DIRECTORIES = ("state", "samples")


def train(
    settings: Settings,
    epochs: int | None,
    directory: str | pathlib.Path,
    overwrite: bool = False,
) -> pathlib.Path:
    """Trains a model and leaves all that shows how it went.

    Called again with the same settings and directory, it goes on where the
    last call was interrupted, exactly.

    Args:
        settings: What to train.
        epochs: Passes over the data; `None` for the recipe's.
        directory: Where to write `samples/` (grids and an animation),
            `losses.csv`, `losses.png`, `model.keras`, `settings.json` and
            `state/`; with `features` also `distance.png` and `best.keras`,
            the model at the least distance.
        overwrite: Removes an earlier training in `directory` first.

    Returns:
        The directory.

    Raises:
        ValueError: `directory` holds another training, or one that is
            already finished, and `overwrite` is not set; or losses or weights
            are no longer finite, of which nothing is saved.
        OSError: `directory` can't be written to.
    """
    recipe = get_recipe(settings.model)
    epochs = epochs or recipe.epochs
    directory = _claim(output_directory(directory), settings, overwrite)
    state = siblings.callbacks.TrainingState(directory / "state")
    if state.epoch >= epochs:
        raise ValueError(
            f"The training in {directory} has already run {state.epoch} "
            "epochs; ask for more, or give overwrite or another directory. "
            f"Received: epochs={epochs}"
        )
    keras.utils.set_random_seed(settings.seed)
    model, inputs = _build(recipe, settings, epochs)
    _write_settings(directory, settings)  # Not before they are known to work.
    log = directory / "losses.csv"
    rates = map(rate_column, model.players)
    drop_rows(log, state.epoch, rates)
    progress = siblings.callbacks.Progress()
    writer = keras.callbacks.CSVLogger(str(log), append=True)
    try:
        model.fit(
            inputs.data,
            epochs=epochs,
            verbose=0,
            callbacks=[
                _Guard(directory),
                *_distance(settings, directory, log),
                siblings.callbacks.LearningRates(),
                progress,
                _Clock(),
                keras.callbacks.TerminateOnNaN(),
                writer,
                siblings.callbacks.SampleGrid(
                    directory / "samples", inputs=inputs.preview
                ),
                state,
            ],
        )
    finally:
        progress.close()
        writer.on_train_end()  # Closes the log after an error, too.
    _finish(model, log, directory)
    return directory


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
        reference=all_images(settings.data, settings.size, settings.channels),
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


def _build(recipe, settings, epochs):
    inputs = recipe.inputs(settings)
    arguments = inputs.arguments | settings.arguments
    try:
        model = recipe.model(dtype=settings.dtype, **arguments)
    except TypeError as error:  # Of a name or a value that it does not take.
        raise ValueError(
            f"The model does not take its arguments: {error}. "
            f"Received: arguments={arguments}"
        ) from error
    model.class_names = inputs.class_names
    updates = model.updates(epochs * len(inputs.data))
    model.compile(**recipe.optimizers(updates))
    return model, inputs


def _claim(directory, settings, overwrite):
    """Makes sure that the directory is for this training and no other."""
    if overwrite:
        for name in OWN_FILES:
            (directory / name).unlink(missing_ok=True)
        for name in OWN_DIRECTORIES:
            shutil.rmtree(directory / name, ignore_errors=True)
    path = directory / "settings.json"
    if not path.exists():
        return directory
    wanted = json.loads(json.dumps(dataclasses.asdict(settings)))
    found = json.loads(path.read_text())
    different = [k for k in wanted if wanted[k] != found.get(k)]
    if different:
        raise ValueError(
            f"{directory} holds another training; give overwrite or another "
            "directory. "
            + " ".join(
                f"Expected {k}={found.get(k)!r}. Received: {k}={wanted[k]!r}."
                for k in different
            )
        )
    return directory


def _write_settings(directory, settings):
    with replacing(directory / "settings.json") as temporary:
        text = json.dumps(dataclasses.asdict(settings), indent=2)
        temporary.write_text(text + "\n")


def _finish(model, log, directory):
    with replacing(directory / "model.keras") as temporary:
        model.save(temporary)
    plot(model, log, directory)


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
                f"see {self.directory}. Try a lower learning rate. Received, "
                f"not finite: {some(found)}"
            )
