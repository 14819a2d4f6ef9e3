"""What a denoising network predicts: the noise, `v`, or the clean image."""

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
