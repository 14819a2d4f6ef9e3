"""Samplers: from noise to images, one time at a time.

At time t the network is asked for `x_0` and `eps`; a sampler's `step` makes of
them the images `x_s` of the next time s, which are less noisy. What a step
needs besides depends on the times alone: `rates` computes it in float64 before
the loop starts, and the step finds it by name in `at`.

To add a sampler, write a class with these two methods, and name it in
`SAMPLERS`.
"""

import abc
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from zoo.diffusion.schedules import Schedule
from zoo.utils import checks

VARIANCES = ("small", "large")

Rates = dict[str, np.ndarray]
"""Numbers of each step by name, float64 `(steps,)`."""


@dataclasses.dataclass(frozen=True)
class Sampler(abc.ABC):
    """How to go from the images of one time to those of the next.

    A sampler's fields are what can be chosen of it. They enter `rates` alone:
    a step is compiled once for a class, whatever its fields and times.
    """

    @property
    def is_random(self) -> bool:
        """Whether steps add new noise."""
        return False

    def times(
        self, schedule: Schedule, steps: int, spacing: str = "trailing"
    ) -> np.ndarray:
        """Returns the times at which the network is asked.

        Args:
            schedule: Noise schedule of the model.
            steps: Number of times.
            spacing: `"trailing"`, `"leading"` or `"linspace"`: which times.

        Returns:
            int64 array `(steps,)`, the noisiest first.

        Raises:
            ValueError: More steps than the schedule has times.
        """
        return schedule.sampling_times(steps, spacing)

    def rates(self, schedule: Schedule, t: Any, s: Any) -> Rates:
        """Returns the numbers of each step.

        Args:
            schedule: Noise schedule of the model.
            t: Times at which the network is asked, `(steps,)`.
            s: Time that follows on each, `(steps,)`; -1 is the clean image.

        Returns:
            Signal and noise rates of both times, and what a subclass adds.
        """
        return {
            "signal_t": schedule.signal_rate(t),
            "sigma_t": schedule.noise_rate(t),
            "signal_s": schedule.signal_rate(s),
            "sigma_s": schedule.noise_rate(s),
        }

    @staticmethod
    @abc.abstractmethod
    def step(at: Any, x: Any, x0: Any, eps: Any, before: Any, z: Any) -> Any:
        """Returns the images of the next time.

        Args:
            at: Has this step's `rates` as scalar tensors, by their names.
            x: Noisy images `x_t`, `(batch, height, width, channels)`.
            x0: The clean images that the network sees in them, alike.
            eps: The noise that it sees, alike.
            before: `x0` of the step before, alike; of the first one, zeros.
            z: New noise from N(0, 1), alike; 0 unless `is_random`.

        Returns:
            `x_s`, alike.
        """


@dataclasses.dataclass(frozen=True)
class DDPM(Sampler):
    """Ancestral sampling: Ho et al. 2020, arXiv:2006.11239, algorithm 2.

    For any times, of which not all of training's need be visited.

    Args:
        variance: `"small"`, the posterior's variance, or `"large"`, beta,
            which the paper takes for CIFAR-10 (`sampler="ddpm_large"`).

    Raises:
        ValueError: Another variance.
    """

    variance: str = "small"

    def __post_init__(self) -> None:
        checks.one_of("variance", self.variance, VARIANCES)

    @property
    def is_random(self) -> bool:
        """Whether steps add new noise: they do."""
        return True

    def rates(self, schedule: Schedule, t: Any, s: Any) -> Rates:
        """Returns the numbers of equation 7, and the noise's deviation."""
        of_x0, of_x, variance = schedule.posterior(t, s)  # Equation 7.
        if self.variance == "large":
            variance = 1 - schedule.alpha(t) / schedule.alpha(s)
        deviation = np.where(s < 0, 0.0, np.sqrt(variance))  # No z at the end.
        rates = {"of_x0": of_x0, "of_x": of_x, "deviation": deviation}
        return super().rates(schedule, t, s) | rates

    @staticmethod
    def step(at: Any, x: Any, x0: Any, eps: Any, before: Any, z: Any) -> Any:
        """Returns `x_s`: algorithm 2, line 4."""
        mean = at.of_x0 * x0 + at.of_x * x  # Equation 7.
        return mean + at.deviation * z


@dataclasses.dataclass(frozen=True)
class DDIM(Sampler):
    """Implicit sampling: Song, Meng, Ermon 2020, arXiv:2010.02502.

    The noise that was removed is put back at a weaker extent, so that few
    steps do.

    Args:
        eta: Share of the noise that is new, in [0, 1]: 0 is deterministic, 1
            is as random as DDPM.

    Raises:
        ValueError: `eta` out of its range.
    """

    eta: float = 0.0

    def __post_init__(self) -> None:
        if not (checks.is_number(self.eta) and 0 <= self.eta <= 1):
            raise ValueError(
                f"Argument `eta` must be in [0, 1]. Received: eta={self.eta!r}"
            )

    @property
    def is_random(self) -> bool:
        """Whether steps add new noise: with `eta`."""
        return self.eta > 0

    def rates(self, schedule: Schedule, t: Any, s: Any) -> Rates:
        """Returns the factors of old and of new noise."""
        _, _, variance = schedule.posterior(t, s)
        new = self.eta * np.sqrt(variance)  # Equation 16.
        old = np.sqrt(np.maximum(schedule.noise_rate(s) ** 2 - new**2, 0))
        return super().rates(schedule, t, s) | {"new": new, "old": old}

    @staticmethod
    def step(at: Any, x: Any, x0: Any, eps: Any, before: Any, z: Any) -> Any:
        """Returns `x_s`: equation 12."""
        return at.signal_s * x0 + at.old * eps + at.new * z


@dataclasses.dataclass(frozen=True)
class DPMSolver(Sampler):
    """DPM-Solver++ (2M): Lu et al. 2022, arXiv:2211.01095, algorithm 2.

    Second order, with one network call per step; the first and the last step
    are of first order.
    """

    def times(
        self, schedule: Schedule, steps: int, spacing: str = "trailing"
    ) -> np.ndarray:
        """Returns the times at which the network is asked.

        As in diffusers, of times that are not trailing it leaves out the last
        one, 0, where no noise is left to tell: there is one more of them.

        Args:
            schedule: Noise schedule of the model.
            steps: Number of times.
            spacing: `"trailing"`, `"leading"` or `"linspace"`: which times.

        Returns:
            int64 array `(steps,)`, the noisiest first.

        Raises:
            ValueError: As many steps as the schedule has times, or more.
        """
        if spacing == "trailing":
            return super().times(schedule, steps, spacing)
        if steps >= schedule.steps:
            raise ValueError(
                f"Argument `steps` must be less than {schedule.steps}, the "
                f"number of times, with spacing={spacing!r} of this sampler. "
                f"Received: steps={steps}"
            )
        return schedule.sampling_times(steps + 1, spacing)[:-1]

    def rates(self, schedule: Schedule, t: Any, s: Any) -> Rates:
        """Returns h, steps of log(signal / sigma), and r, h before over h."""
        h = schedule.log_snr(s) / 2 - schedule.log_snr(t) / 2
        r = np.full_like(h, np.inf)  # At both ends: 1 / (2 r) is 0.
        r[1:-1] = h[:-2] / h[1:-1]
        return super().rates(schedule, t, s) | {"h": h, "r": r}

    @staticmethod
    def step(at: Any, x: Any, x0: Any, eps: Any, before: Any, z: Any) -> Any:
        """Returns `x_s`: the two formulas of algorithm 2's loop."""
        d = (1 + 1 / (2 * at.r)) * x0 - 1 / (2 * at.r) * before
        return at.sigma_s / at.sigma_t * x - at.signal_s * ops.expm1(-at.h) * d


@dataclasses.dataclass(frozen=True)
class InverseDDIM(Sampler):
    """DDIM backwards, from images to noise: its `step` goes from s to t.

    Without new noise, equation 12 of DDIM's paper and `x_t` itself are

        x_s = signal_s x_0 + sigma_s eps
        x_t = signal_t x_0 + sigma_t eps

    With `x_0` taken out of them, or else `eps`, they say what `x_t` is of
    `x_s` and of what the network sees in `x_t`, to be iterated from a guess:

        x_t = a x_s + (sigma_t - a sigma_s) eps,    a = signal_t / signal_s
        x_t = b x_s + (signal_t - b signal_s) x_0,  b = sigma_t / sigma_s
    """

    def rates(self, schedule: Schedule, t: Any, s: Any) -> Rates:
        """Returns the factors of the form that divides by the larger rate."""
        rates = super().rates(schedule, t, s)
        signal_t, sigma_t = rates["signal_t"], rates["sigma_t"]
        signal_s, sigma_s = rates["signal_s"], rates["sigma_s"]
        by_eps = signal_s > sigma_s
        of_x = np.where(by_eps, signal_t, sigma_t) / np.where(
            by_eps, signal_s, sigma_s
        )
        of_eps = np.where(by_eps, sigma_t - of_x * sigma_s, 0.0)
        of_x0 = np.where(by_eps, 0.0, signal_t - of_x * signal_s)
        return rates | {"of_x": of_x, "of_eps": of_eps, "of_x0": of_x0}

    @staticmethod
    def step(at: Any, x: Any, x0: Any, eps: Any, before: Any, z: Any) -> Any:
        """Returns the next guess of `x_t`.

        Here `x` is `x_s`, and `x0` and `eps` are of the guess before.
        """
        return at.of_x * x + at.of_eps * eps + at.of_x0 * x0


SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "ddim": DDIM,
    "ddpm": DDPM,
    "ddpm_large": functools.partial(DDPM, "large"),
    "dpm_solver": DPMSolver,
}


def get(sampler: str | Sampler, eta: float = 0.0) -> Sampler:
    """Returns a sampler by its name.

    Args:
        sampler: A key of `SAMPLERS`, or a `Sampler`, which is returned.
        eta: Share of DDIM's noise that is new, in [0, 1]; 0 for the others.

    Raises:
        ValueError: An unknown sampler, or `eta` out of its range.
    """
    if not isinstance(sampler, Sampler):
        checks.one_of("sampler", sampler, tuple(SAMPLERS))
    if sampler == "ddim":
        return DDIM(eta)
    if eta:
        raise ValueError(
            'Argument `eta` is of sampler="ddim" alone. '
            f"Received: eta={eta}, sampler={sampler!r}"
        )
    return SAMPLERS[sampler]() if isinstance(sampler, str) else sampler
