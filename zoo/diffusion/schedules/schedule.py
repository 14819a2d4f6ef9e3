"""The class of all noise schedules."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from zoo.utils import checks

SPACINGS = ("trailing", "leading", "linspace")
MOST_STEPS = 100_000


@dataclasses.dataclass(frozen=True, eq=False)
class Schedule:
    """The share of signal at each time, and what follows from it.

    Times may be fractional: between whole times, the angle whose cosine is
    the signal rate and whose sine is the noise rate is interpolated linearly.
    Every method takes a number or an array of times in [-1, steps - 1].

    Args:
        alphas_bar: `(steps,)`, in [0, 1), strictly falling: the signal's share
            of the variance at times 0, 1, ...
        config: What `get` makes this schedule of; by default it is made of
            `alphas_bar` itself.

    Raises:
        ValueError: `alphas_bar` are not such numbers.

    Example:
    ```python
    schedule = zoo.schedules.cosine(1000)
    schedule.signal_rate(499), schedule.noise_rate(499)
    ```
    """

    alphas_bar: np.ndarray
    config: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        alphas = checks.finite_numbers(
            "alphas_bar", self.alphas_bar, MOST_STEPS
        )
        if not (
            alphas[0] < 1 and alphas[-1] >= 0 and np.all(np.diff(alphas) < 0)
        ):
            raise ValueError(
                "Argument `alphas_bar` must fall strictly, within [0, 1). "
                f"Received: alphas_bar={alphas}"
            )
        alphas.setflags(write=False)
        object.__setattr__(self, "alphas_bar", alphas)

    @property
    def steps(self) -> int:
        """Number of times."""
        return len(self.alphas_bar)

    @property
    def has_zero_terminal_snr(self) -> bool:
        """Whether nothing of the signal is left at the last time."""
        return bool(self.alphas_bar[-1] == 0)

    @functools.cached_property
    def _angles(self):
        return np.concatenate([[0.0], _angle_of(self.alphas_bar)])

    def _angle(self, times):
        return np.interp(times, np.arange(-1, self.steps), self._angles)

    def alpha(self, times: Any) -> np.ndarray:
        """Returns alpha bar, the signal's share of the variance.

        Args:
            times: Times, in [-1, steps - 1].
        """
        return self.signal_rate(times) ** 2

    def signal_rate(self, times: Any) -> np.ndarray:
        """Returns `sqrt(alpha bar)`, the factor of the image.

        Args:
            times: Times, in [-1, steps - 1].
        """
        angle = self._angle(times)
        return np.where(angle < np.pi / 2, np.cos(angle), 0.0)

    def noise_rate(self, times: Any) -> np.ndarray:
        """Returns `sqrt(1 - alpha bar)`, the factor of the noise.

        Args:
            times: Times, in [-1, steps - 1].
        """
        return np.sin(self._angle(times))

    def snr(self, times: Any) -> np.ndarray:
        """Returns the signal-to-noise ratio; infinite at time -1.

        Args:
            times: Times, in [-1, steps - 1].
        """
        with np.errstate(divide="ignore"):
            return self.alpha(times) / self.noise_rate(times) ** 2

    def log_snr(self, times: Any) -> np.ndarray:
        """Returns the natural logarithm of `snr`, infinite at both ends.

        Args:
            times: Times, in [-1, steps - 1].
        """
        with np.errstate(divide="ignore"):
            return np.log(self.snr(times))

    def time_of(self, alpha: Any) -> np.ndarray:
        """Returns the time at which alpha bar is `alpha`.

        Args:
            alpha: Number or array in [0, 1]; less than the last time has
                gives the last time.
        """
        alpha = np.asarray(alpha, "float64")
        if not np.all((alpha >= 0) & (alpha <= 1)):
            raise ValueError(
                f"Argument `alpha` must be in [0, 1]. Received: alpha={alpha}"
            )
        known = np.arange(-1.0, self.steps)
        return np.interp(_angle_of(alpha), self._angles, known)

    def time_of_snr(self, snr: Any) -> np.ndarray:
        """Returns the time at which the signal-to-noise ratio is `snr`.

        Args:
            snr: Number or array, not negative.
        """
        noise = 1 / (1 + np.asarray(snr, "float64"))
        return self.time_of(1 - noise)

    def add_noise(self, images: Any, noise: Any, times: Any) -> np.ndarray:
        """Returns `x_t` (equation 4).

        Args:
            images: `x_0`, shape `(batch, ...)`.
            noise: From N(0, 1), shape of `images`.
            times: `(batch,)`, or one number.
        """
        signal, sigma = self._rates(images, times)
        return signal * images + sigma * noise

    def remove_noise(self, images: Any, noise: Any, times: Any) -> np.ndarray:
        """Returns the `x_0` of which `add_noise` made `images`.

        Args:
            images: `x_t`, shape `(batch, ...)`.
            noise: The noise in it, shape of `images`.
            times: `(batch,)`, or one number.
        """
        signal, sigma = self._rates(images, times)
        return (images - sigma * noise) / signal

    def _rates(self, images, times):
        times = np.reshape(
            times, np.shape(times) + (1,) * (np.ndim(images) - 1)
        )
        return self.signal_rate(times), self.noise_rate(times)

    def posterior(
        self, times: Any, earlier: Any = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Describes `q(x_s | x_t, x_0)`, s before t (equations 6 and 7).

        Args:
            times: Times t.
            earlier: Times s of less noise; by default `times - 1`.

        Returns:
            Tuple of the factor of `x_0` in the mean, the factor of `x_t` in
            the mean, and the variance.
        """
        earlier = np.asarray(times) - 1 if earlier is None else earlier
        alpha, alpha_s = self.alpha(times), self.alpha(earlier)
        noise, noise_s = (self.noise_rate(t) ** 2 for t in (times, earlier))
        beta = 1 - alpha / alpha_s
        return (
            np.sqrt(alpha_s) * beta / noise,
            np.sqrt(alpha / alpha_s) * noise_s / noise,
            noise_s / noise * beta,
        )

    def sampling_times(
        self, steps: int, spacing: str = "trailing"
    ) -> np.ndarray:
        """Returns the times that a sampler visits, the noisiest first.

        Args:
            steps: Number of times, at most this schedule's.
            spacing: `"trailing"` ends training's range at the last time,
                `"leading"` starts it at time 0, `"linspace"` does both: Lin
                et al. 2023, arXiv:2305.08891, table 2.

        Returns:
            int64 array `(steps,)`, falling.

        Raises:
            ValueError: More steps than times, an unknown spacing, or a single
                step that would not be at the last time.
        """
        if checks.positive_integer("steps", steps) > self.steps:
            raise ValueError(
                f"Argument `steps` must be at most {self.steps}, the number of "
                f"times that the model knows. Received: steps={steps}"
            )
        checks.one_of("spacing", spacing, SPACINGS)
        if steps == 1 and self.steps > 1 and spacing != "trailing":
            raise ValueError(
                f"A single step with spacing={spacing!r} is at time 0, whose "
                "images have next to no noise, and can't make any of noise. "
                'Take spacing="trailing", or more steps. '
                f"Received: steps={steps}"
            )
        if spacing == "trailing":
            times = self.steps - np.arange(steps) * (self.steps / steps)
            times = np.round(times) - 1  # Rounded first, as in diffusers.
        elif spacing == "leading":
            times = np.arange(steps)[::-1] * (self.steps // steps)
        else:
            times = np.linspace(0, self.steps - 1, steps)[::-1]
        return np.round(times).astype("int64")

    def rescale_to_zero_terminal_snr(self) -> Schedule:
        """Returns a schedule that ends in pure noise.

        Signal rates are shifted so that the last is 0, and scaled so that the
        first stays: Lin et al. 2023, arXiv:2305.08891, algorithm 1.

        Raises:
            ValueError: There is only one time.
        """
        if self.steps < 2:
            raise ValueError(
                "A schedule of one time can't be rescaled. "
                f"Received: steps={self.steps}"
            )
        rates = np.sqrt(self.alphas_bar)
        scale = rates[0] / (rates[0] - rates[-1])
        return Schedule(((rates - rates[-1]) * scale) ** 2)

    def get_config(self) -> dict[str, Any]:
        """Returns a dict of plain values that `get` makes this schedule of."""
        if self.config is not None:
            return dict(self.config)
        return {"name": "given", "alphas_bar": self.alphas_bar.tolist()}


def _angle_of(alpha):
    """Whose cosine is the signal rate, and whose sine is the noise rate."""
    return np.arctan2(np.sqrt(1 - alpha), np.sqrt(alpha))
