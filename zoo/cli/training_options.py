"""Values of the options of `zoo train`."""

import pathlib
import re
from collections.abc import Iterable
from typing import Any

import keras

from zoo.recipes.settings import Settings, read_settings

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)([smhd]))+")


def seconds_of(text: str | None) -> float | None:
    """Returns the seconds of a duration such as `90s`, `30m` or `1h30m`.

    Args:
        text: The duration, or `None`.

    Returns:
        Seconds, or `None`.

    Raises:
        ValueError: It is none.
    """
    if text is None:
        return None
    if not _DURATION.fullmatch(text):
        raise ValueError(
            "--max-time takes days, hours, minutes and seconds, such as 1d, "
            f"1h30m or 90s. Received: {text!r}"
        )
    parts = re.findall(r"([\d.]+)([smhd])", text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def learning_rates(texts: Iterable[str] | None) -> Any:
    """Returns the learning rates that `--learning-rate` asks for.

    Args:
        texts: `"RATE"` alone, or any number of `"PLAYER=RATE"`; `None` or
            empty for none.

    Returns:
        A number, a dict of player to number, or `None`.

    Raises:
        ValueError: A text is neither, or one rate for all is among others.
    """
    texts = list(texts or [])
    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return _number(texts[0])
    pairs = [text.partition("=") for text in texts]
    return {name: _number(value) for name, _, value in pairs}


def _number(text):
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(
            "--learning-rate takes a number for all players, such as 1e-4, or "
            f"PLAYER=RATE for each. Received: {text!r}"
        ) from error


def resumed_settings(
    run: pathlib.Path, rates: Any, others: dict[str, Any]
) -> tuple[Settings, int | None]:
    """Returns the settings to go on with, and the epochs that were asked for.

    The backend is the one of this process.

    Args:
        run: A directory of `zoo train`.
        rates: Other learning rates, or `None` for the same.
        others: What else was given, by option.

    Returns:
        Settings, and the number of epochs of before (`None` where an earlier
        version did not write it).

    Raises:
        ValueError: There is no training, or something else was given.
    """
    if given := sorted(k for k, v in others.items() if v not in (None, False)):
        raise ValueError(
            "--resume repeats nothing: of the settings only the learning "
            "rate, the backend and the number of epochs can be others. "
            f"Received: {', '.join(given)}"
        )
    settings, written = read_settings(run)
    changes = {"backend": keras.backend.backend()}
    if rates is not None:
        changes["learning_rate"] = rates
    settings = Settings(**(vars(settings) | changes))
    return settings, written.get("epochs")
