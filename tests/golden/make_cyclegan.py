"""Makes `cyclegan.npz`: one step of a CycleGAN in plain PyTorch, in float64.

Written from the paper's appendix and PyTorch's layers alone. Run from
anywhere:

    python tests/golden/make_cyclegan.py

Weights and gradients are stored in the order of a Keras model's
`trainable_variables` and in Keras' layouts, as `<what>/<network>/<index>`.
"""

import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.functional import l1_loss

SIZE, BATCH, FILTERS, CYCLE, IDENTITY = 16, 2, 2, 10.0, 0.5


class Residual(nn.Module):
    """x plus two convolutions of x."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        return x + self.body(x)


def normalized(layer, activation):
    """A convolution, its normalization and its activation."""
    return layer, nn.InstanceNorm2d(layer.out_channels), activation


def generator():
    """c7s1, d, d, R, u, u, c7s1."""
    n, relu = FILTERS, nn.ReLU()
    up = {"stride": 2, "padding": 1, "output_padding": 1}
    return nn.Sequential(
        nn.ReflectionPad2d(3),
        *normalized(nn.Conv2d(3, n, 7), relu),
        *normalized(nn.Conv2d(n, 2 * n, 3, 2, 1), relu),
        *normalized(nn.Conv2d(2 * n, 4 * n, 3, 2, 1), relu),
        Residual(4 * n),
        *normalized(nn.ConvTranspose2d(4 * n, 2 * n, 3, **up), relu),
        *normalized(nn.ConvTranspose2d(2 * n, n, 3, **up), relu),
        nn.ReflectionPad2d(3),
        nn.Conv2d(n, 3, 7),
        nn.Tanh(),
    )


def discriminator():
    """A PatchGAN of 16 pixels: one layer of stride 2, two of stride 1."""
    n, leaky = FILTERS, nn.LeakyReLU(0.2)
    return nn.Sequential(
        nn.Conv2d(3, n, 4, 2, 1),
        leaky,
        *normalized(nn.Conv2d(n, 2 * n, 4, 1, 1), leaky),
        nn.Conv2d(2 * n, 1, 4, 1, 1),
    )


def draw_weights(network, random):
    """Draws weights that float32 holds exactly."""
    for parameter in network.parameters():
        value = 0.2 * random.standard_normal(parameter.shape)
        parameter.data = torch.tensor(value.astype("float32")).double()


def draw_images(random, squares):
    """Draws stripes of two colours, in steps of 1/128; or squares of them."""
    y, x = np.mgrid[:SIZE, :SIZE]
    shift = random.integers(0, 6, (BATCH, 1, 1))
    pattern = (x + shift) // 3 % 2
    if squares:
        pattern = (pattern + y // 3) % 2
    colours = random.integers(-96, 97, (2, BATCH, 1, 1, 3)) / 128
    chosen = np.where(pattern[..., None], *colours)
    return chosen.astype("float32")


def to_torch(images):
    return torch.tensor(images).double().permute(0, 3, 1, 2)


def to_keras(value):
    """Maps a kernel or an image batch to the layout of Keras."""
    value = value.detach().numpy()
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value


def squared(logits, target):
    return ((logits - target) ** 2).mean()


def losses_of(networks, a, b):
    """Returns the generators' and the discriminators' losses, and images."""
    g, f, d_a, d_b = networks.values()
    fake_b, fake_a = g(a), f(b)
    of_generators = {
        "generator_ab_loss": squared(d_b(fake_b), 1),
        "generator_ba_loss": squared(d_a(fake_a), 1),
        "cycle_a_loss": CYCLE * l1_loss(f(fake_b), a),
        "cycle_b_loss": CYCLE * l1_loss(g(fake_a), b),
        "identity_a_loss": CYCLE * IDENTITY * l1_loss(f(a), a),
        "identity_b_loss": CYCLE * IDENTITY * l1_loss(g(b), b),
    }
    of_discriminators = {
        "discriminator_a_real_loss": squared(d_a(a), 1) / 2,
        "discriminator_a_fake_loss": squared(d_a(fake_a.detach()), 0) / 2,
        "discriminator_b_real_loss": squared(d_b(b), 1) / 2,
        "discriminator_b_fake_loss": squared(d_b(fake_b.detach()), 0) / 2,
    }
    return of_generators, of_discriminators, (fake_a, fake_b)


def gradients_of(losses, networks):
    weights = [list(network.parameters()) for network in networks]
    flat = [weight for of_one in weights for weight in of_one]
    found = iter(torch.autograd.grad(sum(losses.values()), flat))
    return [[next(found) for _ in of_one] for of_one in weights]


def main():
    """Writes the file."""
    # Instance normalization divides by small deviations, so that float32's
    # rounding moves the gradients of most seeds by more than 1e-4; of this
    # one by 3e-5.
    random = np.random.default_rng(12)
    networks = {
        "generator_ab": generator().double(),
        "generator_ba": generator().double(),
        "discriminator_a": discriminator().double(),
        "discriminator_b": discriminator().double(),
    }
    for network in networks.values():
        draw_weights(network, random)
    a, b = draw_images(random, False), draw_images(random, True)
    made, judged, fakes = losses_of(networks, to_torch(a), to_torch(b))
    g, f, d_a, d_b = networks.values()
    gradients = gradients_of(made, [g, f]) + gradients_of(judged, [d_a, d_b])

    arrays = {"a": a, "b": b}
    for name, fake in zip(("fake_a", "fake_b"), fakes, strict=True):
        arrays[name] = fake.detach().numpy().transpose(0, 2, 3, 1)
    for (name, network), found in zip(networks.items(), gradients, strict=True):
        for i, weight in enumerate(network.parameters()):
            initial = to_keras(weight).astype("float32")
            arrays[f"initial/{name}/{i}"] = initial
            arrays[f"gradient/{name}/{i}"] = to_keras(found[i])
    for name, loss in (made | judged).items():
        arrays[f"loss/{name}"] = loss.item()
    path = pathlib.Path(__file__).with_name("cyclegan.npz")
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
