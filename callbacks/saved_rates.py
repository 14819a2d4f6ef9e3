"""Learning rates of a saved training, beside those of the model at hand."""

import math
from typing import Any

from zoo.engine.generative_model import GenerativeModel
from zoo.engine.learning_rates import inner


def differing_rates(
    saved: dict[str, Any], own: dict[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Returns learning rates that a state and a model do not share.

    Args:
        saved: Config of the saved model.
        own: Config of the model.

    Returns:
        Dict of player to its saved rate and its own: numbers, or configs of
        schedules.

    Raises:
        ValueError: One is a number and the other a schedule, so that the
            optimizer's state does not fit.
    """
    before, now = _rates(saved), _rates(own)
    found = {k: (before[k], now[k]) for k in now if k in before}
    for player, rates in found.items():
        if len({isinstance(rate, float) for rate in rates}) > 1:
            raise ValueError(
                f"The state of {player!r} belongs to another kind of learning "
                "rate, and only a number can go on from a number, and a "
                "schedule from a schedule: compile the model with such. "
                f"Expected {described(rates[0])}. "
                f"Received: {described(rates[1])}"
            )
    return {k: rates for k, rates in found.items() if not _alike(*rates)}


def described(rate: Any) -> str:
    """Returns a rate in words.

    Args:
        rate: A number, or the config of a schedule.
    """
    if isinstance(rate, float):
        return f"{rate:g}"
    values = rate["config"].items()
    values = [f"{k}={v}" for k, v in values if k != "name" and v is not None]
    return f"{rate['class_name']}({', '.join(values)})"


def set_rate(model: GenerativeModel, player: str, rate: float) -> None:
    """Sets a learning rate that no schedule decides.

    Args:
        model: A compiled model.
        player: Whose rate it is.
        rate: The rate.
    """
    inner(model.optimizer[player]).learning_rate = rate


def _rates(config):
    """Dict of player to learning rate, of a model's whole config."""
    optimizers = config.get("compile_config", {}).get("optimizers", {})
    found = {}
    for player, optimizer in optimizers.items():
        settings = optimizer["config"]
        settings = settings.get("inner_optimizer", {}).get("config", settings)
        rate = settings["learning_rate"]
        found[player] = float(rate) if isinstance(rate, int) else rate
    return found


def _alike(saved, own):
    if isinstance(saved, float):
        return math.isclose(saved, own, rel_tol=1e-5)
    return described(saved) == described(own)
