"""Optimizers that recipes share."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.engine.generative_model import GenerativeModel
from zoo.engine.learning_rates import scaled_rate, with_rate

OPTIMIZERS = {
    name.lower(): getattr(keras.optimizers, name)
    for name in (
        "Adadelta",
        "Adagrad",
        "Adam",
        "AdamW",
        "Adamax",
        "Lamb",
        "Lion",
        "Nadam",
        "RMSprop",
        "SGD",
    )
}
"""Optimizers by the name that the command line knows."""


def falling_adam(
    updates: Mapping[str, int],
    *,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    **rates: float,
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns Adam for each player, at a rate that falls to 0 along a cosine.

    Args:
        updates: Updates of each player in the whole training.
        beta_1: Adam's first decay.
        beta_2: Adam's second decay.
        **rates: First rate of each player, by its name.

    Returns:
        Arguments for a model's `compile`.
    """
    return {
        f"{player}_optimizer": keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(rate, updates[player]),
            beta_1=beta_1,
            beta_2=beta_2,
        )
        for player, rate in rates.items()
    }


def optimizers_of(
    recipe: Any, settings: Any, model: GenerativeModel, steps: int
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns the optimizers of a training, as the recipe or the paper has it.

    Args:
        recipe: The `zoo.recipes.Recipe`.
        settings: The `zoo.recipes.settings.Settings`, whose `optimizer` and
            `learning_rate` go before.
        model: The model.
        steps: Training steps: epochs times batches of one.

    Returns:
        Arguments for the model's `compile`.

    Raises:
        ValueError: A learning rate for a player that the model has not.
    """
    updates = model.updates(steps)
    if settings.paper:
        found = model.paper_optimizers(updates)
        made = {f"{player}_optimizer": x for player, x in found.items()}
    else:
        made = recipe.optimizers(updates)
    rates = rates_by_player(settings.learning_rate, list(updates))
    return {
        name: _changed(
            optimizer, settings.optimizer, rates.get(name[: -len("_optimizer")])
        )
        for name, optimizer in made.items()
    }


def rates_by_player(rates: Any, players: list[str]) -> dict[str, float]:
    """Returns the learning rates that were asked for.

    Args:
        rates: A number for all players, a dict of player to number, or `None`.
        players: The model's players.

    Raises:
        ValueError: A player that there is not.
    """
    if rates is None:
        return {}
    if not isinstance(rates, dict):
        return {player: float(rates) for player in players}
    if unknown := sorted(set(rates) - set(players)):
        raise ValueError(
            f"The learning rates are those of {players}. Received: {unknown}"
        )
    return rates


def _changed(optimizer, name, rate):
    """Returns an optimizer of another kind, or at another rate."""
    own = optimizer.get_config()["learning_rate"]
    if rate is not None:
        own = scaled_rate(own, rate)
    if name is not None:
        schedule = keras.saving.deserialize_keras_object(own)
        return OPTIMIZERS[name](learning_rate=schedule)
    return optimizer if rate is None else with_rate(optimizer, own)
