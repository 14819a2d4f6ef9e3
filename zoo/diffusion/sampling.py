"""All that is chosen of how images are drawn, in one object."""

import dataclasses
from typing import Any

import numpy as np

from zoo.diffusion import samplers
from zoo.diffusion.schedules import SPACINGS, Schedule
from zoo.utils import checks

USUAL_STEPS = 50


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How a diffusion model draws images: checked once, and then fixed.

    `dataclasses.replace(sampling, steps=10)` makes another of it.

    Args:
        steps: Times at which the network is asked, at most the schedule's; by
            default 50, or all where there are fewer.
        sampler: `"ddim"`, `"ddpm"` (ancestral, for many steps), `"ddpm_large"`
            (the same, with the paper's larger variance for CIFAR-10),
            `"dpm_solver"` (second order, for 10 to 20 steps), or a
            `zoo.samplers.Sampler`.
        guidance: Weight w of `eps(none) + w (eps(label) - eps(none))`: 1 is
            the model as it is, more is truer to the label and less diverse
            (Ho and Salimans 2022, arXiv:2207.12598).
        guidance_interval: Pair of the least and the largest noise rate over
            signal rate, both in [0, infinity], between which guidance is used,
            so that it neither narrows what the noisiest images become nor
            exaggerates details; elsewhere it is 1, and the network is asked
            once. `None` guides throughout (Kynkäänniemi et al. 2024,
            arXiv:2404.07724).
        eta: Share of DDIM's noise that is new, in [0, 1]; 0 for other
            samplers.
        spacing: `"trailing"`, `"leading"` or `"linspace"`: which times (Lin et
            al. 2023, arXiv:2305.08891, table 2).
        clip: Whether estimates of the image are cut at [-1, 1].

    Raises:
        ValueError: An argument out of its range.

    Example:
    ```python
    sampling = zoo.Sampling(steps=20, sampler="dpm_solver", guidance=2.0)
    images = model.generate(16, seed=0, sampling=sampling)
    ```
    """

    steps: int | None = None
    sampler: str | samplers.Sampler = "ddim"
    guidance: float = 1.0
    guidance_interval: tuple[float, float] | None = None
    eta: float = 0.0
    spacing: str = "trailing"
    clip: bool = True

    def __post_init__(self) -> None:
        if self.steps is not None:
            checks.positive_integer("steps", self.steps)
        samplers.get(self.sampler, self.eta)
        if not checks.is_number(self.guidance):
            raise ValueError(
                "Argument `guidance` must be a finite number. "
                f"Received: guidance={self.guidance!r}"
            )
        if self.guidance_interval is not None:
            interval = _checked_interval(self.guidance_interval)
            object.__setattr__(self, "guidance_interval", interval)
        checks.one_of("spacing", self.spacing, SPACINGS)
        checks.one_of("clip", self.clip, (True, False))

    @property
    def method(self) -> samplers.Sampler:
        """The sampler itself."""
        return samplers.get(self.sampler, self.eta)

    @property
    def limit(self) -> float:
        """Where estimates of the image are cut; infinite for nowhere."""
        return 1.0 if self.clip else np.inf

    def times(self, schedule: Schedule) -> np.ndarray:
        """Returns the times at which the network is asked.

        Args:
            schedule: Noise schedule of the model.

        Returns:
            int64 array `(steps,)`, the noisiest first.

        Raises:
            ValueError: More steps than the schedule has times.
        """
        steps = self.steps
        if steps is None:
            steps = min(USUAL_STEPS, schedule.steps)
        return self.method.times(schedule, steps, self.spacing)

    def guidance_at(self, schedule: Schedule, times: np.ndarray) -> np.ndarray:
        """Returns the weight of guidance at some times.

        Args:
            schedule: Noise schedule of the model.
            times: Times, in [0, schedule.steps - 1].

        Returns:
            float64 array of the shape of `times`: 1 outside of the interval.
        """
        low, high = self.guidance_interval or (0.0, np.inf)
        with np.errstate(divide="ignore"):  # The last time may be all noise.
            noise = schedule.noise_rate(times) / schedule.signal_rate(times)
        return np.where((low <= noise) & (noise <= high), self.guidance, 1.0)


def chosen(
    sampling: Sampling | None, default: Sampling, **fields: Any
) -> Sampling:
    """Returns a sampling that is given as a whole, or else by its fields.

    Args:
        sampling: The whole, or `None`.
        default: What holds for fields that are not given.
        **fields: Fields of `Sampling`.

    Raises:
        ValueError: Both are given, or a field is out of its range.
        TypeError: There is no such field.
    """
    known = [field.name for field in dataclasses.fields(Sampling)]
    for name in fields:
        if name not in known:
            raise TypeError(
                f"There is no argument `{name}`, nor such a field of "
                f"zoo.Sampling, which has {known}."
                f"{checks.did_you_mean(name, known)} "
                f"Received: {name}={fields[name]!r}"
            )
    by_fields = dataclasses.replace(default, **fields)
    if sampling is None:
        return by_fields
    if not isinstance(sampling, Sampling):
        raise ValueError(
            "Argument `sampling` must be a zoo.Sampling, or None. "
            f"Received: sampling={sampling!r}"
        )
    if by_fields != default:
        raise ValueError(
            "Argument `sampling` stands for all its fields: give it, or them, "
            f"or dataclasses.replace(sampling, ...). Received: {fields}, "
            f"sampling={sampling}"
        )
    return sampling


def _checked_interval(interval):
    """Returns the ends of an interval of guidance."""
    try:
        ends = np.ravel(np.asarray(interval, "float64")).tolist()
    except (TypeError, ValueError):
        ends = []
    if len(ends) != 2 or not 0 <= ends[0] <= ends[1]:
        raise ValueError(
            "Argument `guidance_interval` must be a pair of rising numbers, "
            "0 or more, or None. "
            f"Received: guidance_interval={interval!r}"
        )
    return tuple(ends)
