"""Samplers' arithmetic: from noise to images, one time at a time.

Each sampler is a table, made in float64 before the loop starts. A step at time
t asks the network for `x_0` and `eps`, and goes on to the next time s with

`x_s = of_x x_t + of_x0 x_0 + of_eps eps + of_before x_0' + of_noise z`

where `x_0'` is what the step before took for `x_0`, and z is new noise. The
factors tell samplers apart, and nothing else does.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
from keras import ops

from zoo.diffusion.predictions import split
from zoo.diffusion.schedules import Schedule

VARIANCES = ("small", "large")


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """What a sampler does at each of its steps.

    Args:
        times: `(steps,)`: the times at which the network is asked.
        signal: Signal rates at these times.
        sigma: Noise rates at these times.
        of_x: Factors of `x_t`.
        of_x0: Factors of the `x_0` that the network sees.
        of_eps: Factors of the noise that it sees.
        of_before: Factors of the `x_0` of the step before.
        of_noise: Factors of new noise from N(0, 1).
    """

    times: np.ndarray
    signal: np.ndarray
    sigma: np.ndarray
    of_x: Any = 0.0
    of_x0: Any = 0.0
    of_eps: Any = 0.0
    of_before: Any = 0.0
    of_noise: Any = 0.0

    @functools.cached_property
    def table(self) -> np.ndarray:
        """The fields side by side, float32, shape `(steps, 8)`."""
        columns = [getattr(self, f.name) for f in dataclasses.fields(self)]
        return np.stack(np.broadcast_arrays(*columns), -1).astype("float32")

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.times)

    @property
    def is_random(self) -> bool:
        """Whether any step adds new noise."""
        return bool(np.any(self.of_noise))


def ddpm(schedule: Schedule, times: Any, variance: str = "small") -> Plan:
    """Ancestral sampling: Ho et al. 2020, algorithm 2, for any times.

    Args:
        schedule: Noise schedule of the model.
        times: Falling times, `(steps,)`; after the last comes the image.
        variance: `"small"`, the posterior's variance, or `"large"`, beta.

    Returns:
        A `Plan`.

    Raises:
        ValueError: Another variance.
    """
    if variance not in VARIANCES:
        raise ValueError(
            f"Argument `variance` must be one of {VARIANCES}. "
            f"Received: variance={variance!r}"
        )
    times, later = _pairs(times)
    of_x0, of_x, small = schedule.posterior(times, later)
    large = 1 - schedule.alpha(times) / schedule.alpha(later)
    added = np.sqrt(small if variance == "small" else large)
    return Plan(
        *_rates(schedule, times),
        of_x=of_x,
        of_x0=of_x0,
        of_noise=np.where(later < 0, 0.0, added),
    )


def ddim(schedule: Schedule, times: Any, eta: float = 0.0) -> Plan:
    """Implicit sampling: Song, Meng, Ermon 2020, arXiv:2010.02502.

    Equations 12 and 16: the noise that was removed is put back at a weaker
    extent.

    Args:
        schedule: Noise schedule of the model.
        times: Falling times, `(steps,)`; after the last comes the image.
        eta: Share of the noise that is new, in [0, 1]: 0 is deterministic, 1
            is as random as DDPM.

    Returns:
        A `Plan`.

    Raises:
        ValueError: `eta` out of its range.
    """
    if not 0 <= eta <= 1:
        raise ValueError(
            f"Argument `eta` must be in [0, 1]. Received: eta={eta!r}"
        )
    times, later = _pairs(times)
    added = eta**2 * schedule.posterior(times, later)[2]
    put_back = schedule.noise_rate(later) ** 2 - added
    return Plan(
        *_rates(schedule, times),
        of_x0=schedule.signal_rate(later),
        of_eps=np.sqrt(np.maximum(put_back, 0)),
        of_noise=np.sqrt(added),
    )


def dpm_solver(schedule: Schedule, times: Any) -> Plan:
    """DPM-Solver++ (2M): Lu et al. 2022, arXiv:2211.01095, algorithm 2.

    Second order, with one network call per step; the first and the last step
    are of first order.

    Args:
        schedule: Noise schedule of the model.
        times: Falling times, `(steps,)`; after the last comes the image.

    Returns:
        A `Plan`.
    """
    times, later = _pairs(times)
    signal, sigma = schedule.signal_rate(later), schedule.noise_rate(later)
    with np.errstate(invalid="ignore"):  # Infinity minus infinity, unused.
        h = np.diff(schedule.log_snr(np.append(times, -1.0))) / 2
        ratio = np.concatenate([[np.inf], h[:-1]]) / h
    correction = np.zeros_like(h)
    correction[1:-1] = 0.5 / ratio[1:-1]
    of_x0 = -signal * np.expm1(-h)
    return Plan(
        *_rates(schedule, times),
        of_x=sigma / schedule.noise_rate(times),
        of_x0=of_x0 * (1 + correction),
        of_before=-of_x0 * correction,
    )


def ddim_inverse(schedule: Schedule, times: Any) -> Plan:
    """Runs DDIM backwards, from the image to the noise.

    A step solves DDIM's own equation for its start: `x_t` is a function of
    `x_s` and of what the network says at `x_t`, to be iterated from a guess.

    Args:
        schedule: Noise schedule of the model.
        times: Falling times of the sampling to be inverted, `(steps,)`.

    Returns:
        A `Plan`, whose `of_x` multiplies `x_s`; its times rise.
    """
    times, later = (values[::-1] for values in _pairs(times))
    signal, sigma = schedule.signal_rate(times), schedule.noise_rate(times)
    signal_s, sigma_s = schedule.signal_rate(later), schedule.noise_rate(later)
    # Whichever is large is divided by: the two forms are equal.
    by_eps = signal_s > sigma_s
    of_x = np.where(by_eps, signal, sigma) / np.where(by_eps, signal_s, sigma_s)
    return Plan(
        times,
        signal,
        sigma,
        of_x=of_x,
        of_x0=np.where(by_eps, 0.0, signal - of_x * signal_s),
        of_eps=np.where(by_eps, sigma - of_x * sigma_s, 0.0),
    )


SAMPLERS = {"ddim": ddim, "ddpm": ddpm, "dpm_solver": dpm_solver}


def get(sampler: str, schedule: Schedule, times: Any, eta: float = 0.0) -> Plan:
    """Returns the plan of a sampler by its name.

    Args:
        sampler: A key of `SAMPLERS`.
        schedule: Noise schedule of the model.
        times: Falling times, `(steps,)`.
        eta: As of `ddim`; 0 for the others.

    Returns:
        A `Plan`.

    Raises:
        ValueError: An unknown sampler, or `eta` out of its range.
    """
    if sampler not in SAMPLERS:
        raise ValueError(
            f"Argument `sampler` must be one of {tuple(SAMPLERS)}. "
            f"Received: sampler={sampler!r}"
        )
    if sampler == "ddim":
        return ddim(schedule, times, eta)
    if eta:
        raise ValueError(
            'Argument `eta` is of sampler="ddim" alone. '
            f"Received: eta={eta}, sampler={sampler!r}"
        )
    return SAMPLERS[sampler](schedule, times)


def step(row, x, prediction, before, noise, kind, limit=1.0):
    """Goes from one time to the next.

    Args:
        row: The step's row of `Plan.table`, a tensor `(8,)`.
        x: Noisy images `x_t`.
        prediction: What the network says of them.
        before: `x_0` of the step before; of the first step anything finite.
        noise: From N(0, 1), shape of `x`, or `None` where nothing is random.
        kind: What is predicted: see `zoo.diffusion.predictions`.
        limit: `x_0` is cut at `[-limit, limit]`, unless it is infinite. As in
            diffusers, `eps` stays what the network says.

    Returns:
        Tuple of `x_s` and `x_0`.
    """
    _, signal, sigma, of_x, of_x0, of_eps, of_before, of_noise = ops.unstack(
        row, 8
    )
    x0, eps = split(prediction, x, signal, sigma, kind)
    x0 = ops.maximum(ops.minimum(x0, limit), -limit)
    x = of_x * x + of_x0 * x0 + of_eps * eps + of_before * before
    if noise is not None:
        x = x + of_noise * noise
    return x, x0


def _pairs(times):
    """Returns each time and the one after it; last comes the clean image."""
    times = np.asarray(times, "float64")
    return times, np.append(times[1:], -1.0)


def _rates(schedule, times):
    return times, schedule.signal_rate(times), schedule.noise_rate(times)
