"""What a denoising network predicts: the noise, `v`, or the clean image."""

from typing import Any

import numpy as np
from keras import ops

from zoo.diffusion.schedules import Schedule

PREDICTIONS = ("epsilon", "v", "x0")


def split(
    prediction: Any,
    x: Any,
    signal: Any,
    sigma: Any,
    kind: str,
    limit: Any = None,
) -> tuple[Any, Any]:
    """Turns what a network predicts into `x_0` and `eps`.

    `v = signal eps - sigma x_0` is of Salimans and Ho 2022, arXiv:2202.00512.

    Args:
        prediction: The network's output, shape of `x`.
        x: Noisy images `x_t`.
        signal: Signal rate, a scalar or of a shape that broadcasts.
        sigma: Noise rate, alike.
        kind: What is predicted: one of `PREDICTIONS`.
        limit: `x_0` is cut at `[-limit, limit]`; as in diffusers, `eps` stays
            what the network says. `None` for no cut.

    Returns:
        Tuple of `x_0` and `eps`.
    """
    if kind == "epsilon":
        x0, eps = (x - sigma * prediction) / signal, prediction
    elif kind == "v":
        x0 = signal * x - sigma * prediction
        eps = signal * prediction + sigma * x
    else:
        x0, eps = prediction, (x - signal * prediction) / sigma
    if limit is not None:
        x0 = ops.maximum(ops.minimum(x0, limit), -limit)
    return x0, eps


def target(images: Any, noise: Any, signal: Any, sigma: Any, kind: str) -> Any:
    """Returns what a network is to predict.

    Args:
        images: Clean images `x_0`.
        noise: The noise `eps`, shape of `images`.
        signal: Signal rate, a scalar or of a shape that broadcasts.
        sigma: Noise rate, alike.
        kind: What is predicted: one of `PREDICTIONS`.

    Returns:
        Tensor of the shape of `images`.
    """
    if kind == "epsilon":
        return noise
    if kind == "v":
        return signal * noise - sigma * images
    return images


def checked_prediction(prediction: str, schedule: Schedule) -> str:
    """Returns what is predicted, if it can be with a schedule.

    Args:
        prediction: One of `PREDICTIONS`.
        schedule: A `zoo.schedules.Schedule`.

    Raises:
        ValueError: It is unknown, or "epsilon" with a schedule that ends in
            pure noise.
    """
    if prediction not in PREDICTIONS:
        raise ValueError(
            f"Argument `prediction` must be one of {PREDICTIONS}. "
            f"Received: prediction={prediction!r}"
        )
    if prediction == "epsilon" and schedule.has_zero_terminal_snr:
        raise ValueError(
            "Argument `prediction` must be 'v' or 'x0' with a schedule that "
            "ends in pure noise, whose noise says nothing of the image. "
            f"Received: prediction={prediction!r}"
        )
    return prediction


def loss_weights(
    schedule: Schedule,
    prediction: str,
    loss_space: str | None = None,
    min_snr: float | None = None,
) -> np.ndarray:
    """Returns the weight, at each time, of what a network predicts wrongly.

    A wrong `x_0` is one of `eps` and of `v` too: its square is SNR times as
    large in `eps`, SNR + 1 times in `v`.

    Args:
        schedule: A `zoo.schedules.Schedule`.
        prediction: What is predicted: one of `PREDICTIONS`.
        loss_space: What is compared: one of `PREDICTIONS`, or `None` for what
            is predicted. In place of a network that predicts noise, one that
            predicts images may learn by the loss of the noise, or of `v`: Li
            and He 2025, arXiv:2511.13720, section 3.
        min_snr: Gamma, the largest weight of an error of `x_0`, or `None`. Of
            the `loss_space`'s weight; without one of SNR, `min(SNR, gamma)`:
            Hang et al. 2023, arXiv:2303.09556, section 3.4.

    Returns:
        float64 array `(steps,)`.

    Raises:
        ValueError: `min_snr` is not positive, or `loss_space` is unknown.
    """
    if loss_space not in (None, *PREDICTIONS):
        raise ValueError(
            f"Argument `loss_space` must be one of {PREDICTIONS}, or None. "
            f"Received: loss_space={loss_space!r}"
        )
    if min_snr is not None and not min_snr > 0:
        raise ValueError(
            "Argument `min_snr` must be positive, or None. "
            f"Received: min_snr={min_snr!r}"
        )
    snr = schedule.snr(np.arange(schedule.steps))
    of_x0 = {"epsilon": snr, "v": snr + 1, "x0": np.ones_like(snr)}
    if min_snr is None:
        weights = of_x0[loss_space or prediction]
    else:
        weights = np.minimum(of_x0[loss_space or "epsilon"], min_snr)
    return weights / of_x0[prediction]
