"""Makes `srgan.npz`: one step of SRGAN, in plain PyTorch.

Written from the paper and PyTorch's layers alone, in float64: the networks,
the losses (pixels as content), their gradients, and the enlarged images. Run
from anywhere:

    python tests/golden/make_srgan.py

Weights and gradients are stored in the order of a Keras model's
`trainable_variables` and in Keras' layouts, as `<what>/<network>/<index>`.
"""

import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

BATCH, LOW, SCALE, FILTERS, BLOCKS = 4, 4, 4, 3, 2
HIGH = LOW * SCALE
ADVERSARIAL = 1e-3


def conv(inputs, outputs, size=3, stride=1):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2)


class Block(nn.Sequential):
    def __init__(self):
        super().__init__(
            conv(FILTERS, FILTERS),
            nn.BatchNorm2d(FILTERS),
            nn.PReLU(FILTERS),
            conv(FILTERS, FILTERS),
            nn.BatchNorm2d(FILTERS),
        )

    def forward(self, x):
        return x + super().forward(x)


class Generator(nn.Module):
    """Low images (batch, 3, h, w) to high ones (batch, 3, 4 h, 4 w)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(conv(3, FILTERS, 9), nn.PReLU(FILTERS))
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.after = nn.Sequential(
            conv(FILTERS, FILTERS), nn.BatchNorm2d(FILTERS)
        )
        self.upsampling = nn.Sequential(
            *[
                layer
                for _ in range(2)
                for layer in (
                    conv(FILTERS, FILTERS * 4),
                    nn.PixelShuffle(2),
                    nn.PReLU(FILTERS),
                )
            ]
        )
        self.last = conv(FILTERS, 3, 9)

    def forward(self, x):
        first = self.first(x)
        x = first + self.after(self.blocks(first))
        return self.last(self.upsampling(x))


class Padded(nn.Conv2d):
    """A convolution that halves even maps and pads as Keras' "same" does.

    By one row and column behind, and none before: a layout that PyTorch lacks.
    """

    def forward(self, x):
        return super().forward(nn.functional.pad(x, (0, 1, 0, 1)))


class Discriminator(nn.Sequential):
    """High images (batch, 3, 16, 16) to logits (batch, 1)."""

    def __init__(self):
        layers = [conv(3, FILTERS), nn.LeakyReLU(0.2)]
        before = FILTERS
        for halving in range(4):
            width = FILTERS * 2**halving
            if halving:
                layers += self.judging(conv(before, width), width)
            layers += self.judging(Padded(width, width, 3, 2, 0), width)
            before = width
        super().__init__(
            *layers,
            nn.Flatten(),
            nn.Linear(before, 16 * FILTERS),
            nn.LeakyReLU(0.2),
            nn.Linear(16 * FILTERS, 1),
        )

    def judging(self, layer, width):
        return [layer, nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]


def to_keras(layer, value):
    """Maps a layer's weight, or its gradient, to the layout of Keras."""
    value = value.detach().numpy().copy()
    if isinstance(layer, nn.PReLU):
        return value[None, None]
    if value.ndim == 4:
        return value.transpose(2, 3, 1, 0)  # (h, w, in, out)
    return value.T  # Maps are 1x1 there: no order of pixels to mind.


def in_keras(network, of=lambda parameter: parameter):
    """Lists a network's weights, or what `of` takes, in Keras' layouts."""
    return [
        to_keras(module, of(parameter))
        for module in network.modules()
        for parameter in module.parameters(recurse=False)
    ]


def draw_weights(network, random):
    """Draws weights that float32 holds exactly."""
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            scale = 0.3 / np.sqrt(max(1, parameter[0].numel()) / 4)
            mean = 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0
            mean = 0.25 if isinstance(module, nn.PReLU) else mean
            mean = mean if name == "weight" else 0.0
            value = mean + scale * random.standard_normal(parameter.shape)
            parameter.data = torch.tensor(value.astype("float32")).double()


def main():
    """Writes the file."""
    random = np.random.default_rng(0)
    generator, discriminator = Generator().double(), Discriminator().double()
    for network in (generator, discriminator):
        draw_weights(network, random)
    coarse = random.uniform(-1, 1, (BATCH, 3, LOW, LOW))
    noise = random.uniform(-0.3, 0.3, (BATCH, 3, HIGH, HIGH))
    high = coarse.repeat(SCALE, -1).repeat(SCALE, -2) * 0.7 + noise
    low = high.reshape(BATCH, 3, LOW, SCALE, LOW, SCALE).mean((3, 5))
    low, high = (
        torch.tensor(x.astype("float32")).double() for x in (low, high)
    )
    stored = {
        "weights/generator": in_keras(generator),
        "weights/discriminator": in_keras(discriminator),
    }

    fake = generator(low)
    real_loss = softplus(-discriminator(high)).mean()
    fake_loss = softplus(discriminator(fake.detach())).mean()
    parameters = list(discriminator.parameters())
    gradients = torch.autograd.grad(real_loss + fake_loss, parameters)
    by_weight = dict(zip(parameters, gradients, strict=True))
    stored["gradients/discriminator"] = in_keras(
        discriminator, by_weight.__getitem__
    )
    for parameter, gradient in by_weight.items():  # SGD at a rate of 0.1.
        parameter.data -= 0.1 * gradient
    content = ((high - fake) ** 2).mean()
    adversarial = ADVERSARIAL * softplus(-discriminator(fake)).mean()
    parameters = list(generator.parameters())
    gradients = torch.autograd.grad(content + adversarial, parameters)
    by_weight = dict(zip(parameters, gradients, strict=True))
    stored["gradients/generator"] = in_keras(generator, by_weight.__getitem__)

    losses = [real_loss, fake_loss, content, adversarial]
    arrays = {
        f"{what}/{i}": value.astype("float32")
        for what, values in stored.items()
        for i, value in enumerate(values)
    }
    images = {"low": low, "high": high, "fake": fake}
    arrays |= {
        name: value.detach().numpy().transpose(0, 2, 3, 1).astype("float32")
        for name, value in images.items()
    }
    arrays["losses"] = np.array([loss.item() for loss in losses])
    path = pathlib.Path(__file__).with_name("srgan.npz")
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
