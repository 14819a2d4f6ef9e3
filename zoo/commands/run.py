"""A training that is ready to start, and what is said of it."""

import dataclasses
import math
from typing import Any

import keras

from zoo.engine.generative_model import GenerativeModel
from zoo.engine.learning_rates import inner, rate_at
from zoo.recipes.inputs import Inputs
from zoo.recipes.optimizers import optimizers_of
from zoo.recipes.recipe import Recipe, get_recipe
from zoo.recipes.settings import Settings

_QUIET = ("name", "learning_rate", "ema_momentum")
"""Settings of an optimizer that are told elsewhere, or have no effect."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A training with everything that it needs.

    Attributes:
        settings: What was asked for.
        inputs: The data.
        model: The compiled model.
        arguments: What the model was made with.
        epochs: Passes over the data.
    """

    settings: Settings
    inputs: Inputs
    model: GenerativeModel
    arguments: dict[str, Any]
    epochs: int

    def facts(self) -> dict[str, Any]:
        """Returns what the settings came to, for `settings.json`."""
        members = self.model.optimizer.members
        return {
            "epochs": self.epochs,
            "steps_per_epoch": len(self.inputs.data),
            "resolved_arguments": self.arguments,
            "optimizers": {
                player: keras.saving.serialize_keras_object(inner(member))
                for player, member in members.items()
            },
        }

    def summary(self) -> str:
        """Returns the same in words, line by line."""
        batch = keras.tree.flatten(self.inputs.data.element_spec)[0].shape[0]
        shown = (f"{k}={v!r}" for k, v in self.arguments.items())
        epochs = "epoch" if self.epochs == 1 else "epochs"
        lines = [
            self.inputs.note,
            f"{self.epochs} {epochs} of {len(self.inputs.data)} batches of "
            f"{batch}, seed {self.settings.seed}, {self.settings.dtype}",
            f"{type(self.model).__name__}({', '.join(shown)})",
        ]
        updates = self.model.updates(self.epochs * len(self.inputs.data))
        for player, member in self.model.optimizer.members.items():
            lines.append(f"{player}: {_described(member, updates[player])}")
        return "\n".join(filter(None, lines))


def build(settings: Settings, epochs: int | None) -> Run:
    """Makes data, model and optimizers.

    Args:
        settings: What to train.
        epochs: Passes over the data; `None` for the recipe's, or the paper's.

    Raises:
        ValueError: Settings that do not fit each other or the data.
        OSError: There are no such data.
    """
    recipe = get_recipe(settings.model)
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
    steps = len(inputs.data)
    epochs = epochs or _usual_epochs(recipe, settings, steps)
    optimizers = optimizers_of(recipe, settings, model, epochs * steps)
    model.compile(**optimizers)
    return Run(settings, inputs, model, arguments, epochs)


def _usual_epochs(recipe: Recipe, settings: Settings, steps: int) -> int:
    paper = recipe.paper
    if not settings.paper or paper is None:
        return recipe.epochs
    if paper.steps is not None:
        return math.ceil(paper.steps / steps)
    return paper.epochs or recipe.epochs


def _described(optimizer, updates):
    """Returns kind, rate and settings of an optimizer in words."""
    optimizer = inner(optimizer)
    config = optimizer.get_config()
    rates = [rate_at(optimizer, i) for i in (0, updates // 2, updates - 1)]
    rate = f"learning rate {rates[0]:.3g}"
    if isinstance(config["learning_rate"], dict):
        name = config["learning_rate"]["class_name"]
        rate += f", {rates[1]:.3g}, {rates[2]:.3g} at the end ({name})"
    others = [
        f"{key} {value:g}"
        for key, value in config.items()
        if key not in _QUIET and type(value) in (int, float)
    ]
    return ", ".join([type(optimizer).__name__, rate, *others])
