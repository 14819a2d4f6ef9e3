"""Makes `stylegan.npz`: one step of a StyleGAN in plain PyTorch.

Written from the paper, its authors' description of their networks and
PyTorch's functions alone, in float64. Half of the step from 8x8 to 16x16
pixels is faded in. Run from anywhere:

    python tests/golden/make_stylegan.py

Weights and gradients are stored in Keras' layouts, as
`<what>/<network>/<layer>/<weight>`.
"""

import math
import pathlib

import numpy as np
import torch
from torch.nn import functional

BATCH, SIZES, CHANNELS, LATENTS, MAPPING_LAYERS = 4, (4, 8, 16), 1, 6, 2
WIDTHS = {2: 8, 4: 8, 8: 4, 16: 2}
ALPHA, GAMMA, RATE = 0.5, 10.0, 0.1


class Network:
    """Named weights in Keras' layouts, drawn when first asked for."""

    def __init__(self, random):
        self.random = random
        self.weights = {}

    def weight(self, name, shape, mean=0.0, deviation=0.1):
        """Returns a weight that float32 holds exactly."""
        if name not in self.weights:
            value = mean + deviation * self.random.standard_normal(shape)
            value = torch.tensor(value.astype("float32")).double()
            self.weights[name] = value.requires_grad_()
        return self.weights[name]

    def dense(self, name, x, units, gain=2**0.5, rate=1.0):
        kernel = self.weight(f"{name}/kernel", (x.shape[1], units), 0, 1 / rate)
        bias = self.weight(f"{name}/bias", (units,), 0, 0.1 / rate)
        return rate * (gain / x.shape[1] ** 0.5 * x @ kernel + bias)

    def conv(self, name, x, maps, size=3, gain=2**0.5, bias=True):
        shape = (size, size, x.shape[1], maps)
        kernel = self.weight(f"{name}/kernel", shape, 0, 1.0)
        scale = gain / math.sqrt(math.prod(shape[:3]))
        bias = self.weight(f"{name}/bias", (maps,)) if bias else None
        kernel = scale * kernel.permute(3, 2, 0, 1)
        return functional.conv2d(x, kernel, bias, padding=size // 2)


def rectify(x):
    return functional.leaky_relu(x, 0.2)


def blur(x):
    kernel = torch.tensor([1.0, 2, 1]).double()
    kernel = (kernel[:, None] * kernel / 16).expand(x.shape[1], 1, 3, 3)
    return functional.conv2d(x, kernel, padding=1, groups=x.shape[1])


def repeat(x):
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def halve(x):
    return functional.avg_pool2d(x, 2)


def mapping(net, z):
    """Latents to w: equalized layers at a hundredth of the rate."""
    x = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    for i in range(MAPPING_LAYERS):
        x = rectify(net.dense(f"dense_{i}", x, LATENTS, rate=0.01))
    return x


def synthesis(net, w, noise):
    """One w for all layers, and noise, to images."""
    images = None
    for size in SIZES:
        maps = WIDTHS[size]
        for i in range(2):
            if size == 4 and i == 0:
                x = net.weight("constant/constant", (4, 4, maps), 1.0)
                x = x.permute(2, 0, 1).expand(len(w), maps, 4, 4)
            elif i == 0:
                x = net.conv(f"conv_{size}_0", repeat(x), maps, bias=False)
                x = blur(x)
            else:
                x = net.conv(f"conv_{size}_1", x, maps, bias=False)
            name = f"noise_{size}_{i}"
            strength = net.weight(f"{name}/strength", (maps,))
            bias = net.weight(f"{name}/bias", (maps,))
            x = x + strength[:, None, None] * noise[f"{size}_{i}"]
            x = rectify(x + bias[:, None, None])
            x = functional.instance_norm(x, eps=1e-8)
            style = net.dense(f"style_{size}_{i}", w, 2 * maps, gain=1.0)
            scale, shift = style[:, :, None, None].chunk(2, 1)
            x = (1 + scale) * x + shift
        made = net.conv(f"to_image_{size}", x, CHANNELS, 1, 1.0)
        if size > 4:
            alpha = ALPHA if size == SIZES[-1] else 1.0
            made = (1 - alpha) * repeat(images) + alpha * made
        images = made
    return images


def discriminator(net, images):
    """Images to logits."""
    for size in SIZES[::-1]:
        shown = net.conv(f"from_image_{size}", images, WIDTHS[size], 1)
        if size == SIZES[-1]:
            x = rectify(shown)
        else:
            alpha = ALPHA if size == SIZES[-2] else 1.0
            x = (1 - alpha) * rectify(shown) + alpha * x
        if size > 4:
            x = rectify(net.conv(f"conv_{size}_0", x, WIDTHS[size]))
            x = net.conv(f"conv_{size}_1", blur(x), WIDTHS[size // 2])
            x = rectify(halve(x))
            images = halve(images)
    deviations = (x.var(0, correction=0) + 1e-8).sqrt().mean()
    x = torch.cat([x, deviations.expand(len(x), 1, 4, 4)], 1)
    x = rectify(net.conv("conv_4_0", x, WIDTHS[4]))
    x = x.permute(0, 2, 3, 1).flatten(1)  # Keras' order of values.
    x = rectify(net.dense("dense", x, WIDTHS[2]))
    return net.dense("logits", x, 1, gain=1.0)


def fade(images):
    """Real images, of whose last details half is faded in."""
    return (1 - ALPHA) * repeat(halve(images)) + ALPHA * images


def gradients(net, loss):
    values = list(net.weights.values())
    found = torch.autograd.grad(
        loss, values, retain_graph=True, allow_unused=True
    )
    return {
        name: torch.zeros_like(v) if g is None else g
        for (name, v), g in zip(net.weights.items(), found, strict=True)
    }


def main():
    """Writes the file."""
    random = np.random.default_rng(0)
    f, g, d = nets = [Network(random) for _ in range(3)]
    images = random.uniform(-1, 1, (BATCH, 16, 16, CHANNELS)).astype("float32")
    latents = random.standard_normal((BATCH, LATENTS), "float32")
    noise = {
        f"{size}_{i}": random.standard_normal((BATCH, size, size, 1), "float32")
        for size in SIZES
        for i in range(2)
    }
    x = torch.tensor(images).double().permute(0, 3, 1, 2)
    maps = {
        k: torch.tensor(v).double().permute(0, 3, 1, 2)
        for k, v in noise.items()
    }
    w = mapping(f, torch.tensor(latents).double())
    made = synthesis(g, w, maps)
    real = fade(x).requires_grad_()
    logits = discriminator(d, real)
    real_loss = functional.softplus(-logits).mean()
    fake_loss = functional.softplus(discriminator(d, made.detach())).mean()
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    penalty = GAMMA / 2 * slope.square().sum((1, 2, 3)).mean()
    initial = {n: dict(net.weights) for n, net in zip("fgd", nets, strict=True)}
    found = {"d": gradients(d, real_loss + fake_loss + penalty)}
    d.weights = {k: v - RATE * found["d"][k] for k, v in d.weights.items()}
    generator_loss = functional.softplus(-discriminator(d, made)).mean()
    found |= {
        name: gradients(net, generator_loss)
        for name, net in (("f", f), ("g", g))
    }

    names = {"f": "mapping", "g": "synthesis", "d": "discriminator"}
    arrays = {
        f"{what}/{names[net]}/{name}": value.detach().numpy()
        for what, stored in (("initial", initial), ("gradient", found))
        for net, values in stored.items()
        for name, value in values.items()
    }
    losses = [real_loss, fake_loss, penalty, generator_loss]
    arrays |= {f"noise_{k}": v for k, v in noise.items()}
    arrays |= {
        "losses": [loss.item() for loss in losses],
        "made": made.detach().permute(0, 2, 3, 1).numpy(),
        "logits": logits.detach().numpy(),
        "images": images,
        "latents": latents,
    }
    file = pathlib.Path(__file__).with_name("stylegan.npz")
    np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    main()
