"""What a training is told when it is told nothing else."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras

from zoo.recipes import measures
from zoo.recipes.inputs import Inputs, images
from zoo.utils import checks

RECIPES = {}

Updates = Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Paper:
    """What a paper trained, for `--paper`.

    The networks are the defaults of the model's class, the optimizers those
    of its `paper_optimizers`.

    Attributes:
        size: Height and width of the images, in pixels.
        batch_size: Images per step.
        flip: Whether images were mirrored.
        epochs: Passes over the data, if the paper counts so.
        steps: Training steps, if it counts these; with neither, the recipe's
            epochs.
        arguments: Arguments of the class whose defaults are another paper's.
    """

    size: int
    batch_size: int
    flip: bool
    epochs: int | None = None
    steps: int | None = None
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A training that runs in minutes on two CPU cores.

    Attributes:
        model: Class of the model, or another function that makes it.
        data: Source of the data, as `inputs` takes it.
        size: Height and width of the images, in pixels.
        batch_size: Images per step.
        epochs: Passes over the data.
        flip: Whether mirrored images are as good.
        arguments: Further arguments for the model's class.
        optimizers: Makes the arguments for the model's `compile`, of the
            number of updates of each player in the whole training: see
            `zoo.GenerativeModel.updates`.
        features: Extractor for the Fréchet distance to `data` after each
            epoch, or `None` for none.
        inputs: Makes the data of a `zoo.recipes.settings.Settings`, and says
            what they decide of the model: `images`, `labelled_images`, or a
            function of the recipe's own.
        measure: Returns the metrics for a model card, of the model, the
            settings and a number of samples; by default
            `zoo.recipes.measures.samples`.
        paper: What the paper trained, or `None` for a recipe without.
    """

    model: Callable[..., keras.Model]
    data: str
    size: int
    batch_size: int
    epochs: int
    flip: bool
    arguments: dict[str, Any]
    optimizers: Callable[[Updates], dict[str, keras.optimizers.Optimizer]]
    features: str | None = None
    inputs: Callable[[Any], Inputs] = images
    measure: Callable[[Any, Any, int], measures.Metrics] = measures.samples
    paper: Paper | None = None


def register_recipe(name: str, recipe: Recipe) -> None:
    """Makes a recipe known to the command line.

    Args:
        name: Name for `zoo train NAME`.
        recipe: The recipe.

    Raises:
        ValueError: The name is taken.
    """
    if name in RECIPES:
        raise ValueError(f"A recipe has that name. Received: name={name!r}")
    RECIPES[name] = recipe


def get_recipe(name: str) -> Recipe:
    """Returns a registered recipe.

    Args:
        name: Its name.

    Returns:
        The recipe.

    Raises:
        ValueError: No such name; the nearest ones are suggested.
    """
    if name not in RECIPES:
        hint = checks.did_you_mean(name, RECIPES)
        raise ValueError(
            f"There is no model of that name, but {sorted(RECIPES)}.{hint} "
            f"Received: {name!r}"
        )
    return RECIPES[name]
