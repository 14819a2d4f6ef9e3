"""Schedules by name, and of given numbers."""

from typing import Any

import numpy as np

from zoo.diffusion.schedules.schedule import MOST_STEPS, Schedule
from zoo.utils import checks

LARGEST_BETA = 0.999
"""Where betas that were chosen for more times are cut."""


def linear(
    steps: int = 1000, start: float | None = None, end: float | None = None
) -> Schedule:
    """Betas that rise linearly: Ho et al. 2020, section 4.

    The paper's betas are for 1000 times. Fewer times have larger ones, times
    `1000 / steps`, so that any number ends in as much noise, as in the code
    of Nichol and Dhariwal 2021.

    Args:
        steps: Number of times.
        start: First beta, in (0, 1); `None` for `0.1 / steps`, which is the
            paper's 1e-4 for 1000.
        end: Last beta, in (0, 1]; `None` for `20 / steps`, which is the
            paper's 0.02 for 1000, but at most 0.999.

    Returns:
        A `Schedule`.
    """
    start = _scaled(1e-4, steps) if start is None else start
    end = _scaled(0.02, steps) if end is None else end
    betas = np.linspace(start, end, _steps(steps))
    return _from_betas(betas, "linear", steps=steps, start=start, end=end)


def scaled_linear(
    steps: int = 1000, start: float | None = None, end: float | None = None
) -> Schedule:
    """Betas whose square roots rise linearly, as of latent diffusion.

    Rombach et al. 2022, arXiv:2112.10752. Other numbers of times than their
    1000 have betas times `1000 / steps`, as of `linear`.

    Args:
        steps: Number of times.
        start: First beta, in (0, 1); `None` for `0.85 / steps`, which is
            0.00085 for 1000.
        end: Last beta, in (0, 1]; `None` for `12 / steps`, which is 0.012 for
            1000, but at most 0.999.

    Returns:
        A `Schedule`.
    """
    start = _scaled(0.00085, steps) if start is None else start
    end = _scaled(0.012, steps) if end is None else end
    betas = np.linspace(start**0.5, end**0.5, _steps(steps)) ** 2
    return _from_betas(
        betas, "scaled_linear", steps=steps, start=start, end=end
    )


def cosine(
    steps: int = 1000, offset: float = 0.008, largest: float = 0.999
) -> Schedule:
    """Alpha bar falls as a squared cosine.

    Nichol and Dhariwal 2021, arXiv:2102.09672, equation 17.

    Args:
        steps: Number of times.
        offset: Offset s, which keeps the first betas from being tiny.
        largest: Largest beta.

    Returns:
        A `Schedule`.
    """
    times = np.arange(_steps(steps) + 1) / steps
    f = np.cos((times + offset) / (1 + offset) * np.pi / 2) ** 2
    betas = np.minimum(1 - f[1:] / f[:-1], largest)
    return _from_betas(
        betas, "cosine", steps=steps, offset=offset, largest=largest
    )


def from_betas(betas: Any) -> Schedule:
    """Makes a schedule of given betas, `1 - alpha bar_t / alpha bar_(t-1)`.

    Args:
        betas: `(steps,)`, in (0, 1); the last may be 1.

    Returns:
        A `Schedule`.

    Raises:
        ValueError: They are not such numbers.
    """
    return _from_betas(checks.finite_numbers("betas", betas, MOST_STEPS))


def from_alphas_bar(alphas_bar: Any) -> Schedule:
    """Makes a schedule of given alphas bar.

    Args:
        alphas_bar: `(steps,)`, strictly falling within [0, 1).

    Returns:
        A `Schedule`.

    Raises:
        ValueError: They are not such numbers.
    """
    return Schedule(alphas_bar)


BY_NAME = {
    "linear": linear,
    "scaled_linear": scaled_linear,
    "cosine": cosine,
    "given": from_alphas_bar,
}


def get(schedule: Any, steps: int = 1000) -> Schedule:
    """Returns a schedule by its name or config.

    Args:
        schedule: A `Schedule`, `"linear"`, `"scaled_linear"`, `"cosine"`, or
            the result of `Schedule.get_config`.
        steps: Number of times, for a schedule by its name.

    Returns:
        A `Schedule`.

    Raises:
        ValueError: No such schedule.
    """
    if isinstance(schedule, Schedule):
        return schedule
    config = schedule
    if isinstance(schedule, str):
        config = {"name": schedule, "steps": steps}
    named = isinstance(config, dict) and isinstance(config.get("name"), str)
    if not named or config["name"] not in BY_NAME or schedule == "given":
        raise ValueError(
            f"Argument `schedule` must be one of {list(BY_NAME)}, "
            "a zoo.schedules.Schedule or its config. "
            f"Received: schedule={schedule!r}"
        )
    arguments = {k: v for k, v in config.items() if k != "name"}
    return BY_NAME[config["name"]](**arguments)


def _from_betas(betas, name=None, **arguments):
    inside = (betas > 0) & (betas < 1)
    if not (inside[:-1].all() and 0 < betas[-1] <= 1):
        raise ValueError(
            "Betas must be in (0, 1); the last may be 1. "
            f"Received: betas={betas}"
        )
    config = None if name is None else {"name": name, **arguments}
    return Schedule(np.cumprod(1 - betas), config)


def _scaled(beta, steps):
    """Returns a beta for this many times, of one that was for 1000."""
    return min(beta * (1000 / _steps(steps)), LARGEST_BETA)


def _steps(steps):
    if not 1 <= checks.positive_integer("steps", steps) <= MOST_STEPS:
        raise ValueError(
            f"Argument `steps` must be at most {MOST_STEPS}. "
            f"Received: steps={steps}"
        )
    return steps
