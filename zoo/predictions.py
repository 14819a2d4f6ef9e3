"""What a denoising network predicts: the noise, `v`, or the clean image."""

import numpy as np

PREDICTIONS = ("epsilon", "v", "x0")


def split(prediction, x, signal, sigma, kind):
    """Turns what a network predicts into `x_0` and `eps`.

    `v = signal eps - sigma x_0` is of Salimans and Ho 2022, arXiv:2202.00512.

    Args:
        prediction: The network's output, shape of `x`.
        x: Noisy images `x_t`.
        signal: Signal rate, a scalar or of a shape that broadcasts.
        sigma: Noise rate, alike.
        kind: What is predicted: one of `PREDICTIONS`.

    Returns:
        Tuple of `x_0` and `eps`.
    """
    if kind == "epsilon":
        return (x - sigma * prediction) / signal, prediction
    if kind == "v":
        return (
            signal * x - sigma * prediction,
            signal * prediction + sigma * x,
        )
    return prediction, (x - signal * prediction) / sigma


def target(images, noise, signal, sigma, kind):
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


def checked_prediction(prediction, schedule):
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


def min_snr_weights(schedule, gamma, prediction):
    """Returns the loss's weight at each time, `min(SNR, gamma)` for `x_0`.

    Hang et al. 2023, arXiv:2303.09556, section 3.4.

    Args:
        schedule: A `zoo.schedules.Schedule`.
        gamma: Largest weight, or `None` for weights of 1.
        prediction: What is predicted: one of `PREDICTIONS`.

    Returns:
        float64 array `(steps,)`.

    Raises:
        ValueError: `gamma` is not positive.
    """
    snr = schedule.snr(np.arange(schedule.steps))
    if gamma is None:
        return np.ones_like(snr)
    if not gamma > 0:
        raise ValueError(
            "Argument `min_snr` must be positive, or None. "
            f"Received: min_snr={gamma!r}"
        )
    shares = {"epsilon": snr, "v": snr + 1, "x0": 1.0}
    return np.minimum(snr, gamma) / shares[prediction]
