"""A whole training in one call: what `zoo train` runs."""

import csv
import dataclasses
import json
import pathlib
import shutil
import time

import keras
import numpy as np

from zoo import siblings
from zoo.engine.learning_rates import rate_column
from zoo.recipes.inputs import all_images
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import Settings
from zoo.utils.files import output_directory, replacing
from zoo.utils.plots import plot_curves

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
            already finished, and `overwrite` is not set; or the losses are
            no longer finite.
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
    _drop_rows(log, state.epoch, rates)
    progress = siblings.callbacks.Progress()
    try:
        model.fit(
            inputs.data,
            epochs=epochs,
            verbose=0,
            callbacks=[
                *_distance(settings, directory, log),
                siblings.callbacks.LearningRates(),
                progress,
                _Clock(),
                keras.callbacks.TerminateOnNaN(),
                keras.callbacks.CSVLogger(str(log), append=True),
                siblings.callbacks.SampleGrid(
                    directory / "samples", inputs=inputs.preview
                ),
                state,
            ],
        )
    finally:
        progress.close()
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
    earlier = columns_of(log).get(name, [])
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


def _drop_rows(log, epoch, names):
    """Forgets epochs that the log has but the saved state has not.

    Gives a log of an earlier version the columns that it lacks, in the order
    that CSVLogger has: names sorted, then all of them as of a validation.
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
            if int(row[0]) < epoch
        )


def _read(log):
    """Returns header and whole rows; a kill can cut the last one short."""
    if not log.exists():
        return [], []
    with open(log, newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    return header, [row for row in rows if len(row) == len(header)]


def columns_of(log: pathlib.Path) -> dict[str, list[float]]:
    """Reads a log of losses.

    Args:
        log: A file that `train` wrote, or is writing.

    Returns:
        Dict of name to the values of all epochs.
    """
    header, rows = _read(log)
    columns = dict(zip(header, zip(*rows, strict=True), strict=False))
    return {
        name: list(map(float, values))
        for name, values in columns.items()
        if "NA" not in values  # CSVLogger's, for a validation there was not.
    }


def _finish(model, log, directory):
    columns = columns_of(log)
    if not all(np.isfinite(values).all() for values in columns.values()):
        raise ValueError(
            "The training diverged: a loss is no longer finite. Try a lower "
            f"learning rate. See {log}"
        )
    with replacing(directory / "model.keras") as temporary:
        model.save(temporary)
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
