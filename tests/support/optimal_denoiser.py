"""Networks whose answers are known in closed form, for denoising models."""

import dataclasses
import functools

import numpy as np
from keras import ops

import zoo
from zoo.diffusion import predictions
from zoo.diffusion.loop import DenoisingLoop

DEVIATION = 0.2
"""Standard deviation of the Gaussians."""


def model_of(network, **arguments):
    """Returns a model of 1x1 images that generates by `network`."""
    defaults = {
        "image_shape": (1, 1, 2),
        "channels": 4,
        "multipliers": (1,),
        "blocks": 1,
        "attention": (),
        "ema_decay": None,
    }
    model = zoo.Diffusion(**defaults | arguments)
    network.schedule, network.kind = model.schedule, model.prediction
    model.compiled_loop = DenoisingLoop(
        network, model.task, no_label=model.num_classes
    )
    return model


@dataclasses.dataclass
class Network:
    """A function of images, times and labels, without variables."""

    variables = ()
    calls = 0

    def rates(self, times):
        """Returns signal and noise rates at whole times, to multiply by."""
        every = np.arange(self.schedule.steps)
        times = ops.cast(times, "int32")
        for rate in (self.schedule.signal_rate, self.schedule.noise_rate):
            values = ops.convert_to_tensor(rate(every).astype("float32"))
            yield ops.reshape(ops.take(values, times), (-1, 1, 1, 1))

    def __call__(self, inputs, training=False):
        """Predicts what the model is to predict."""
        assert training is False
        self.calls += 1
        images, times, *labels = inputs
        signal, sigma = self.rates(times)
        x0 = self.image(images, signal, sigma, *labels)
        eps = (images - signal * x0) / sigma
        return predictions.target(x0, eps, signal, sigma, self.kind)


@dataclasses.dataclass
class Mixture(Network):
    """The best denoiser of a mixture of round Gaussians.

    `E[x_0 | x_t]` by Bayes' rule: each mode's share of `x_t`, and in each mode
    the mean of the product of two Gaussians.
    """

    means: np.ndarray
    shares: np.ndarray
    deviation: float

    def image(self, images, signal, sigma):
        """Returns the mean of what the image may be."""
        x = ops.reshape(images, (-1, 1, self.means.shape[-1]))
        signal, sigma = signal[..., 0], sigma[..., 0]
        means = ops.convert_to_tensor(self.means.astype("float32"))
        shares = ops.convert_to_tensor(self.shares.astype("float32"))
        variance = signal**2 * self.deviation**2 + sigma**2
        away = x - signal * means
        logs = -ops.sum(away**2, -1) / (2 * variance[..., 0])
        logs = logs + ops.log(shares)
        weights = ops.exp(logs - ops.logsumexp(logs, -1, keepdims=True))
        weights = weights[..., None]
        gain = signal * self.deviation**2 / variance
        mean = ops.sum(weights * (means + gain * away), axis=-2)
        return ops.reshape(mean, images.shape)


@dataclasses.dataclass
class OnePerLabel(Network):
    """The best denoiser of a round Gaussian, or one image, for each label."""

    values: tuple
    deviation: float = 0.0

    def image(self, images, signal, sigma, labels):
        """Returns the label's image, moved towards what is seen."""
        values = ops.convert_to_tensor(np.array(self.values, "float32"))
        values = ops.reshape(ops.take(values, labels), (-1, 1, 1, 1))
        variance = self.deviation**2
        gain = signal * variance / (signal**2 * variance + sigma**2)
        return values + gain * (images - signal * values)


@functools.cache
def normal(**arguments):
    """Returns a model of one Gaussian, and the mean of that."""
    mean = np.array([[0.3, -0.2]])
    network = Mixture(mean, np.ones(1), DEVIATION)
    defaults = {"schedule": "cosine", "timesteps": 200, "prediction": "v"}
    return model_of(network, **defaults | arguments), mean


@functools.cache
def one_image_per_label():
    """Returns a model of one image for each of three labels, and for none."""
    values = (0.1, 0.3, 0.5, -0.2)  # The last is that of no label.
    return model_of(OnePerLabel(values), num_classes=3, timesteps=50)


@functools.cache
def gaussian_per_label():
    """Returns a model of Gaussians about those images."""
    network = OnePerLabel((0.1, 0.3, 0.5, -0.2), DEVIATION)
    return model_of(network, num_classes=3, timesteps=200, prediction="x0")
