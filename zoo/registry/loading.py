"""One way to load a model, whatever form it is kept in."""

import os
import pathlib

import keras

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.catalog import open_preset
from zoo.registry.errors import PresetNotFoundError
from zoo.registry.metadata import METADATA

BEST = "best.keras"
LAST = "model.keras"


def load_model(handle: str | os.PathLike) -> GenerativeModel:
    """Loads a model: all that was saved, optimizers and seeds too.

    The first thing to use for whatever this package saved. Keras' own
    `keras.saving.load_model` loads `.keras` files too, but knows the models
    only once `zoo` is imported: "Could not locate class" means that it is not.

    Args:
        handle: A `.keras` file, a directory of `zoo train` (its
            `model.keras`), or a preset: a registered name, a directory, or a
            handle such as `hf://user/name`.

    Returns:
        The model.

    Raises:
        FileNotFoundError: There is nothing of that kind.
        ValueError: It is damaged, or holds no generative model.

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
    model = keras.saving.load_model(path)
    if not isinstance(model, GenerativeModel):
        raise ValueError(
            "Expected a model of zoo. "
            f"Received: {path} with a {type(model).__name__}"
        )
    return model
