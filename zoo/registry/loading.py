"""One way to load a model, whatever form it is kept in."""

import os
import pathlib

import keras

from zoo.engine import model_files
from zoo.engine.generative_model import GenerativeModel
from zoo.registry.catalog import open_preset
from zoo.registry.configs import (
    BUDGET_SLACK,
    model_class,
    parameter_budget,
)
from zoo.registry.errors import PresetNotFoundError, UnsafePresetError
from zoo.registry.metadata import METADATA

BEST = "best.keras"
LAST = "model.keras"

WEIGHTS_SLACK = 200
SPARE = 4
"""A model may have so many times what its `.keras` file holds while it is
built; all of it is in the file."""


def load_model(handle: str | os.PathLike) -> GenerativeModel:
    """Loads a model: all that was saved, optimizers and seeds too.

    The first thing to use for whatever this package saved. Keras' own
    `keras.saving.load_model` loads `.keras` files too, but knows the models
    only once `zoo` is imported: "Could not locate class" means that it is not.
    Files of strangers are for this function alone: it looks at a file's class
    and sizes before memory is taken, and runs nothing that is in it.

    Args:
        handle: A `.keras` file, a directory of `zoo train` (its
            `model.keras`), or a preset: a registered name, a directory, or a
            handle such as `hf://user/name`.

    Returns:
        The model.

    Raises:
        FileNotFoundError: There is nothing of that kind.
        ValueError: It is damaged, claims more than it holds, or holds no
            generative model: a `zoo.registry.ModelFileError` of a file, a
            `zoo.registry.PresetError` of a preset.

    Example:
        ```python
        model.save("model.keras")
        model = zoo.load_model("model.keras")
        ```
    """
    path = pathlib.Path(handle)
    if path.suffix in (".h5", ".hdf5"):
        raise ValueError(
            "Expected a .keras file. Weights alone are loaded by the "
            "`load_weights` of a model of the same arguments. "
            f"Received: {str(handle)!r}"
        )
    if (path / LAST).is_file() and not (path / METADATA).exists():
        path = path / LAST
    if path.suffix == ".keras":
        return _load_file(path, handle)
    try:
        return open_preset(handle).load()
    except PresetNotFoundError as error:
        raise FileNotFoundError(
            "Expected a preset, a .keras file, or a directory of zoo train. "
            f"{error}"
        ) from error


def _load_file(path, handle):
    if not path.is_file():
        raise FileNotFoundError(
            "Expected a .keras file, or a directory that holds model.keras. "
            f"Received: {str(handle)!r}"
        )
    with model_files.naming(path):
        contents = model_files.examine(path)
        _check_class(path, contents.config)
        try:
            with parameter_budget(
                SPARE * contents.elements + BUDGET_SLACK,
                SPARE * contents.arrays + WEIGHTS_SLACK,
            ):
                return keras.saving.load_model(path)
        except UnsafePresetError as error:
            raise model_files.ModelFileError(f"{error} in {path}") from error


def _check_class(path, config):
    """Raises an error unless a file's config is that of a known model."""
    try:
        model_class(config.get("registered_name"))
    except UnsafePresetError as error:
        name = str(config.get("class_name"))[:100]
        raise model_files.ModelFileError(
            "Expected a model of zoo; a class of your own is known once the "
            f"module that registers it is imported. Received: {path} with a "
            f"{name}"
        ) from error
