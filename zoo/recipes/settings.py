"""All that decides what a training makes."""

import dataclasses
import pathlib
from typing import Any

import keras

from zoo.recipes.optimizers import OPTIMIZERS
from zoo.recipes.recipe import Paper, Recipe, get_recipe
from zoo.utils import checks
from zoo.utils.json import parse_json

FILE = "settings.json"
MAX_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that decides what a training makes, besides its number of epochs.

    Attributes:
        model: Name of a recipe.
        data: Source of the data, as the recipe's `inputs` takes it.
        size: Height and width of the images, in pixels.
        channels: Channels of the images; `None` as the data have them.
        batch_size: Images per step.
        flip: Whether to mirror a random half of the images.
        arguments: Arguments of the model's class besides the image shape.
        dtype: Keras dtype policy.
        seed: Seed of weights, latents and order.
        backend: Keras backend.
        features: Extractor for the Fréchet distance to the data after each
            epoch; `None` for none.
        samples: Number of samples for it.
        paper: Whether the networks, optimizers and schedule are the paper's,
            in place of the recipe's.
        learning_rate: Greatest learning rate of all players, or of each by
            its name; `None` for the recipe's or the paper's. Schedules keep
            their form.
        optimizer: A name of `zoo.recipes.optimizers.OPTIMIZERS`, whose
            settings are then Keras' own; `None` as `learning_rate`.
        on_error: "raise" or "skip", for files that cannot be read.
    """

    model: str
    data: str
    size: int
    channels: int | None
    batch_size: int
    flip: bool
    arguments: dict[str, Any]
    dtype: str
    seed: int
    backend: str
    features: str | None = None
    samples: int = 2000
    paper: bool = False
    learning_rate: float | dict[str, float] | None = None
    optimizer: str | None = None
    on_error: str = "raise"


def default_settings(model: str, **changes: Any) -> Settings:
    """Returns a recipe's settings, changed where a change is not `None`.

    Args:
        model: Name of a recipe.
        **changes: Fields of `Settings`; `arguments` are merged, and
            `features="none"` turns off the recipe's. With `paper` the
            defaults are the paper's, those of the model's class among them.

    Returns:
        The settings.

    Raises:
        ValueError: A value that can't be, or no paper.
    """
    recipe = get_recipe(model)
    usual = _paper_of(model, recipe) if changes.get("paper") else recipe
    settings = {
        "data": recipe.data,
        "size": usual.size,
        "channels": None,
        "batch_size": usual.batch_size,
        "flip": usual.flip,
        "dtype": "float32",
        "seed": 0,
    }
    settings |= {k: v for k, v in changes.items() if v is not None}
    if settings["data"] == recipe.data:  # Its features fit its own data.
        settings.setdefault("features", recipe.features)
    if settings.get("features") == "none":
        settings["features"] = None
    settings["arguments"] = {
        **usual.arguments,
        **(changes.get("arguments") or {}),
    }
    _check(**settings)
    return Settings(model=model, backend=keras.backend.backend(), **settings)


def read_settings(run: pathlib.Path) -> tuple[Settings, dict[str, Any]]:
    """Reads the settings of a training, of an earlier version's too.

    Args:
        run: A directory of `zoo train`.

    Returns:
        The settings, and all that stands in the file.

    Raises:
        ValueError: There is no such training, or its settings can't be read.
    """
    path = run / FILE
    if not path.is_file():
        raise ValueError(
            f"Expected a directory of zoo train, with {FILE}. "
            f"Received: {str(run)!r}"
        )
    names = {field.name for field in dataclasses.fields(Settings)}
    try:
        with open(path, "rb") as file:
            written = parse_json(file.read(MAX_BYTES))  # Cut, it is none.
        known = {k: v for k, v in written.items() if k in names}
        settings = Settings(**known)
        _check_types(settings)
        return settings, written
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"Expected the settings of a training. Received: {path}: {error}"
        ) from error


def _check_types(settings):
    """Raises a ValueError for fields of other types than `train` writes."""
    for name in ("model", "data", "dtype", "backend", "on_error"):
        if not isinstance(getattr(settings, name), str):
            raise ValueError(f"{name} is no text")
    for name in ("size", "batch_size", "seed", "samples"):
        if type(getattr(settings, name)) is not int:
            raise ValueError(f"{name} is no integer")
    if not isinstance(settings.arguments, dict):
        raise ValueError("arguments are no object")


def _paper_of(model: str, recipe: Recipe) -> Paper:
    if recipe.paper is None:
        raise ValueError(
            f"The recipe has no paper's settings. Received: {model!r}"
        )
    return recipe.paper


def _check(
    on_error: str = "raise",
    optimizer: str | None = None,
    learning_rate: Any = None,
    **others: Any,
) -> None:
    checks.one_of("on_error", on_error, ("raise", "skip"))
    if optimizer is not None:
        checks.one_of("optimizer", optimizer, tuple(OPTIMIZERS))
    for rate in keras.tree.flatten(learning_rate):
        if rate is not None and not (checks.is_number(rate) and rate > 0):
            raise ValueError(
                "Argument `learning_rate` must be a positive number. "
                f"Received: learning_rate={rate!r}"
            )
