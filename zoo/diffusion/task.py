"""What a denoising network is told, and what it is to say."""

import dataclasses
import types
import warnings
from typing import Any

import numpy as np
from keras import ops

from zoo.diffusion.predictions import checked_prediction, loss_weights
from zoo.diffusion.schedules import Schedule

MOST_SIGNAL = 0.2
"""Signal rate of the last time above which noise alone is no start."""


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """What a network learns of a schedule, and how its errors are weighed.

    Args:
        schedule: Noise schedule.
        prediction: What it predicts: see `zoo.diffusion.predictions`.
        time_input: What it is told of the noise: `"step"`, the time, or
            `"signal_rate"`.
        loss_space: What the loss compares, or `None` for what is predicted.
        min_snr: Gamma of the min-SNR weights of the loss, or `None`.

    Raises:
        ValueError: An argument that is unknown, out of its range, or does not
            go with the schedule.
    """

    schedule: Schedule
    prediction: str = "epsilon"
    time_input: str = "step"
    loss_space: str | None = None
    min_snr: float | None = None
    _by_time: dict[str, Any] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        checked_prediction(self.prediction, self.schedule)
        _warn_of_signal(self.schedule)
        object.__setattr__(self, "_by_time", self._tables())

    def told(self, times: Any) -> np.ndarray:
        """Returns what the network is told of the noise at some times."""
        if self.time_input == "signal_rate":
            return self.schedule.signal_rate(times)
        return np.asarray(times)

    def _tables(self):
        times = np.arange(self.schedule.steps)
        weights = loss_weights(
            self.schedule, self.prediction, self.loss_space, self.min_snr
        )
        return {
            "signal": self.schedule.signal_rate(times)[:, None, None, None],
            "sigma": self.schedule.noise_rate(times)[:, None, None, None],
            "told": self.told(times),
            "weight": weights,
        }

    def at(self, times: Any) -> Any:
        """Returns the numbers of whole times, for a batch to be trained on.

        Args:
            times: Integer tensor `(batch,)`.

        Returns:
            Object with float32 tensors: `signal` and `sigma`, the rates of
            signal and noise, `(batch, 1, 1, 1)`; `told` and `weight`, what
            the network is told and the weight of its error, `(batch,)`.
        """
        tables = {
            name: ops.convert_to_tensor(np.asarray(values, "float32"))
            for name, values in self._by_time.items()
        }
        return types.SimpleNamespace(
            **{k: ops.take(v, times, axis=0) for k, v in tables.items()}
        )


def _warn_of_signal(schedule):
    """Warns of a schedule whose noisiest images still show what they are."""
    rate = float(schedule.signal_rate(schedule.steps - 1))
    if rate > MOST_SIGNAL:
        warnings.warn(
            f"At the last of {schedule.steps} times the signal rate is "
            f"{rate:.2f}: the network never sees noise alone, which `generate` "
            "starts from, and samples will be wrong. Give the schedule by its "
            'name, such as schedule="linear", whose betas then suit any '
            "`timesteps`; or larger betas; or zero_terminal_snr=True.",
            stacklevel=4,
        )
