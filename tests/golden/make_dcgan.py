"""Makes `dcgan.npz`: a DCGAN trained for a few steps in plain PyTorch.

Written from the paper and PyTorch's layers alone, in float64, so that the
values are better than any backend's. Run from anywhere:

    python tests/golden/make_dcgan.py

Weights are stored in the order of a Keras model's `trainable_variables` and
in Keras' layouts, as `<what>/<network>/<index>`.
"""

import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

STEPS, BATCH, SIZE, CHANNELS, LATENTS, FILTERS = 20, 8, 16, 1, 8, 4
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.5, 0.999, 1e-7


class Generator(nn.Sequential):
    """Latents (batch, 8, 1, 1) to images (batch, 1, 16, 16)."""

    def __init__(self):
        super().__init__(
            nn.ConvTranspose2d(LATENTS, 2 * FILTERS, 4, 1, 0, bias=False),
            nn.BatchNorm2d(2 * FILTERS, eps=1e-5, momentum=0.1),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * FILTERS, FILTERS, 4, 2, 1, bias=False),
            nn.BatchNorm2d(FILTERS, eps=1e-5, momentum=0.1),
            nn.ReLU(),
            nn.ConvTranspose2d(FILTERS, CHANNELS, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, latents):
        return super().forward(latents[:, :, None, None])


class Discriminator(nn.Sequential):
    """Images (batch, 1, 16, 16) to logits (batch,)."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(CHANNELS, FILTERS, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(FILTERS, 2 * FILTERS, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * FILTERS, eps=1e-5, momentum=0.1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * FILTERS, 1, 4, 1, 0, bias=False),
        )

    def forward(self, images):
        return super().forward(images).flatten()


def to_keras(layer, value):
    """Maps a PyTorch weight, or its gradient, to the layout of Keras."""
    value = value.detach().numpy().copy()
    if isinstance(layer, nn.BatchNorm2d):
        return value  # weight is gamma, bias is beta
    if isinstance(layer, nn.ConvTranspose2d):
        if layer.stride == (1, 1):  # of a 1x1 map: Dense, then Reshape
            return value.transpose(0, 2, 3, 1).reshape(len(value), -1)
        return value.transpose(2, 3, 1, 0)  # (h, w, out, in)
    if layer.stride == (1, 1):  # of a 4x4 map: Flatten, then Dense
        return value.transpose(2, 3, 1, 0).reshape(-1, len(value))
    return value.transpose(2, 3, 1, 0)  # (h, w, in, out)


def in_keras(network, of=lambda parameter: parameter):
    """Lists a network's weights, or what `of` takes, in Keras' layouts."""
    return [
        to_keras(layer, of(parameter))
        for layer in network
        for parameter in layer.parameters()
    ]


def draw_weights(network, random):
    """Draws weights that float32 holds exactly."""
    for layer in network:
        for name, parameter in layer.named_parameters():
            norm = isinstance(layer, nn.BatchNorm2d)
            mean = 1.0 if norm and name == "weight" else 0.0
            value = mean + 0.1 * random.standard_normal(parameter.shape)
            parameter.data = torch.tensor(value.astype("float32")).double()


def draw_images(random):
    """Draws discs of random place, radius and grey, in steps of 1/128."""
    count = STEPS * BATCH
    y, x = np.mgrid[:SIZE, :SIZE]
    place = random.uniform(3, SIZE - 3, (2, count, 1, 1))
    radius = random.uniform(2, 6, (count, 1, 1))
    inside = np.hypot(y - place[0], x - place[1]) < radius
    grey = random.uniform(0, 1, (count, 1, 1))
    images = np.where(inside, grey, -0.8) + random.uniform(-0.2, 0, (SIZE,) * 2)
    images = np.round(images * 128) / 128
    return images.reshape(STEPS, BATCH, SIZE, SIZE, CHANNELS).astype("float32")


def sgd(weights, gradients, state):
    """One step of gradient descent at a rate of 0.1."""
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.data -= 0.1 * gradient


def adam(weights, gradients, state):
    """Kingma and Ba 2015, the form before section 2.1: epsilon hat."""
    state["t"] = t = state.get("t", 0) + 1
    alpha = LEARNING_RATE * (1 - BETA_2**t) ** 0.5 / (1 - BETA_1**t)
    for i, (weight, gradient) in enumerate(
        zip(weights, gradients, strict=True)
    ):
        m, v = state.get(i, (0.0, 0.0))
        m = BETA_1 * m + (1 - BETA_1) * gradient
        v = BETA_2 * v + (1 - BETA_2) * gradient**2
        state[i] = m, v
        weight.data -= alpha * m / (v.sqrt() + EPSILON)


class Training:
    """A generator and a discriminator, their weights drawn from one seed."""

    def __init__(self, update):
        random = np.random.default_rng(1)
        self.update = update
        self.networks = {
            "generator": Generator().double().train(),
            "discriminator": Discriminator().double().train(),
        }
        for network in self.networks.values():
            draw_weights(network, random)
        self.states = {"generator": {}, "discriminator": {}}
        self.gradients = {}

    def descend(self, name, loss):
        weights = list(self.networks[name].parameters())
        gradients = torch.autograd.grad(loss, weights)
        self.gradients[name] = dict(zip(weights, gradients, strict=True))
        self.update(weights, gradients, self.states[name])

    def step(self, images, latents):
        """Takes one step of the paper's algorithm; returns the three losses."""
        generator, discriminator = self.networks.values()
        images = torch.tensor(images).double().permute(0, 3, 1, 2)
        fake = generator(torch.tensor(latents).double())
        real_loss = softplus(-discriminator(images)).mean()
        fake_loss = softplus(discriminator(fake.detach())).mean()
        self.descend("discriminator", real_loss + fake_loss)
        generator_loss = softplus(-discriminator(fake)).mean()
        self.descend("generator", generator_loss)
        return [x.item() for x in (real_loss, fake_loss, generator_loss)]

    def weights(self):
        return {k: in_keras(v) for k, v in self.networks.items()}


def main():
    """Writes the file."""
    random = np.random.default_rng(0)
    images = draw_images(random)
    latents = random.standard_normal((STEPS, BATCH, LATENTS), "float32")

    one = Training(sgd)
    stored = {"initial": one.weights()}
    sgd_losses = one.step(images[0], latents[0])
    stored["sgd"] = one.weights()
    stored["gradient"] = {
        name: in_keras(network, one.gradients[name].__getitem__)
        for name, network in one.networks.items()
    }
    many = Training(adam)
    losses = [many.step(*batch) for batch in zip(images, latents, strict=True)]

    arrays = {
        f"{what}/{name}/{i}": weight
        for what, networks in stored.items()
        for name, weights in networks.items()
        for i, weight in enumerate(weights)
    }
    arrays |= {"sgd_losses": sgd_losses, "adam_losses": losses}
    arrays |= {"images": images, "latents": latents}
    np.savez_compressed(pathlib.Path(__file__).with_name("dcgan.npz"), **arrays)


if __name__ == "__main__":
    main()
