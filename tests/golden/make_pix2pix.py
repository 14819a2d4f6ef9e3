"""Makes `pix2pix.npz`: one step of Pix2Pix in plain PyTorch.

Written from the paper and PyTorch's layers alone, in float64. Run from
anywhere:

    python tests/golden/make_pix2pix.py

Weights are stored in the order of a Keras model's `trainable_variables` and
in Keras' layouts, as `<what>/<network>/<index>`.
"""

import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.functional import leaky_relu, softplus

BATCH, SIZE, SOURCE, TARGET, FILTERS = 4, 16, 1, 3, 2
RATE, DROPOUT, LAMBDA = 0.1, 0.5, 100.0
WIDTHS = [FILTERS, 2 * FILTERS, 4 * FILTERS, 8 * FILTERS]


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-5)


class Generator(nn.Module):
    """(batch, 1, 16, 16) to (batch, 3, 16, 16), four halvings."""

    def __init__(self):
        super().__init__()
        pairs = list(zip([SOURCE, *WIDTHS], WIDTHS, strict=False))
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in pairs
        )
        self.down_norm = nn.ModuleList([norm(WIDTHS[1]), norm(WIDTHS[2])])
        self.up = nn.ModuleList(
            [
                nn.ConvTranspose2d(WIDTHS[3], WIDTHS[2], 4, 2, 1, bias=False),
                nn.ConvTranspose2d(
                    2 * WIDTHS[2], WIDTHS[1], 4, 2, 1, bias=False
                ),
                nn.ConvTranspose2d(
                    2 * WIDTHS[1], WIDTHS[0], 4, 2, 1, bias=False
                ),
                nn.ConvTranspose2d(2 * WIDTHS[0], TARGET, 4, 2, 1),
            ]
        )
        self.up_norm = nn.ModuleList(norm(w) for w in WIDTHS[2::-1])

    def forward(self, x, factors):
        e1 = self.down[0](x)
        e2 = self.down_norm[0](self.down[1](leaky_relu(e1, 0.2)))
        e3 = self.down_norm[1](self.down[2](leaky_relu(e2, 0.2)))
        e4 = self.down[3](leaky_relu(e3, 0.2))
        d = self.up_norm[0](self.up[0](e4.relu())) * factors
        d = self.up_norm[1](self.up[1](torch.cat([e3, d], 1).relu()))
        d = self.up_norm[2](self.up[2](torch.cat([e2, d], 1).relu()))
        return self.up[3](torch.cat([e1, d], 1).relu()).tanh()

    def parts(self):
        """Layers in the order in which they act."""
        yield self.down[0]
        yield from (self.down[1], self.down_norm[0])
        yield from (self.down[2], self.down_norm[1])
        yield self.down[3]
        for layer, after in zip(self.up, [*self.up_norm, None], strict=True):
            yield from filter(None, (layer, after))


class Discriminator(nn.Sequential):
    """Pairs to logits (batch, 1, 6, 6); a receptive field of 16 pixels."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(SOURCE + TARGET, FILTERS, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(FILTERS, 2 * FILTERS, 4, 1, 1, bias=False),
            norm(2 * FILTERS),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * FILTERS, 1, 4, 1, 1),
        )

    def forward(self, source, target):
        return super().forward(torch.cat([source, target], 1))

    def parts(self):
        """Layers in the order in which they act."""
        return iter(self)


def in_keras(network, of=lambda parameter: parameter):
    """Lists a network's weights, or what `of` takes, in Keras' layouts."""
    arrays = []
    for layer in network.parts():
        for parameter in layer.parameters():
            value = of(parameter).detach().numpy().copy()
            if value.ndim == 4:  # (h, w, out, in) if transposed, else in, out
                value = value.transpose(2, 3, 1, 0)
            arrays.append(value)
    return arrays


def draw_weights(network, random):
    """Draws weights that float32 holds exactly."""
    for layer in network.parts():
        for name, parameter in layer.named_parameters():
            is_norm = isinstance(layer, nn.BatchNorm2d)
            mean = 1.0 if is_norm and name == "weight" else 0.0
            value = mean + 0.2 * random.standard_normal(parameter.shape)
            parameter.data = torch.tensor(value.astype("float32")).double()


def gradients_of(network, loss):
    parameters = list(network.parameters())
    values = torch.autograd.grad(loss, parameters)
    return dict(zip(parameters, values, strict=True))


def descend(gradients):
    for parameter, gradient in gradients.items():
        parameter.data -= RATE * gradient


def channels_first(images):
    return torch.tensor(images).double().permute(0, 3, 1, 2)


def main():
    """Writes the file."""
    random = np.random.default_rng(0)
    generator = Generator().double().train()
    discriminator = Discriminator().double().train()
    networks = {"generator": generator, "discriminator": discriminator}
    for network in networks.values():
        draw_weights(network, random)
    stored = {"initial": {k: in_keras(v) for k, v in networks.items()}}

    shape = (BATCH, SIZE, SIZE)
    images = random.integers(-128, 129, (*shape, SOURCE + TARGET)) / 128
    images = images.astype("float32")
    kept = random.random((BATCH, 2, 2, WIDTHS[2])) >= DROPOUT
    factors = (kept / (1 - DROPOUT)).astype("float32")
    source = channels_first(images[..., :SOURCE])
    target = channels_first(images[..., SOURCE:])

    fake = generator(source, channels_first(factors))
    outputs = fake.detach().permute(0, 2, 3, 1).numpy()
    real_loss = softplus(-discriminator(source, target)).mean() / 2
    fake_loss = softplus(discriminator(source, fake.detach())).mean() / 2
    gradients = {
        "discriminator": gradients_of(discriminator, real_loss + fake_loss)
    }
    descend(gradients["discriminator"])
    adversarial = softplus(-discriminator(source, fake)).mean()
    l1 = LAMBDA * (fake - target).abs().mean()
    gradients["generator"] = gradients_of(generator, adversarial + l1)
    stored["gradient"] = {
        k: in_keras(v, gradients[k].__getitem__) for k, v in networks.items()
    }

    arrays = {
        f"{what}/{name}/{i}": weight.astype("float32")
        for what, group in stored.items()
        for name, weights in group.items()
        for i, weight in enumerate(weights)
    }
    losses = [x.item() for x in (real_loss, fake_loss, adversarial, l1)]
    arrays |= {"losses": losses, "images": images, "outputs": outputs}
    arrays["noise"] = factors.reshape(BATCH, -1)
    path = pathlib.Path(__file__).with_name("pix2pix.npz")
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
