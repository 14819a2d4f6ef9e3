"""Makes `gan3d.npz`: a 3D-GAN trained for a few steps in plain PyTorch.

Written from the paper and PyTorch's layers alone, in float64, its gate with
an `if`. Run from anywhere:

    python tests/golden/make_gan3d.py

Weights are stored in the order of a Keras model's `trainable_variables` and
in Keras' layouts, as `<what>/<network>/<index>`.
"""

import pathlib

import numpy as np
import torch
from make_dcgan import draw_weights
from torch import nn
from torch.nn.functional import softplus

STEPS, BATCH, SIZE, LATENTS, FILTERS, GATE = 6, 5, 16, 6, 2, 0.8
RATES = {"generator": 1.0, "discriminator": 0.1}
SEED = 7  # The gate opens, closes, and opens again at exactly 0.8.


def norm(channels):
    return nn.BatchNorm3d(channels, eps=1e-5, momentum=0.1)


def generator():
    """Latents (batch, 6, 1, 1, 1) to voxels (batch, 1, 16, 16, 16)."""
    return nn.Sequential(
        nn.ConvTranspose3d(LATENTS, 2 * FILTERS, 4, 1, 0, bias=False),
        norm(2 * FILTERS),
        nn.ReLU(),
        nn.ConvTranspose3d(2 * FILTERS, FILTERS, 4, 2, 1, bias=False),
        norm(FILTERS),
        nn.ReLU(),
        nn.ConvTranspose3d(FILTERS, 1, 4, 2, 1, bias=False),
        nn.Sigmoid(),
    )


def discriminator():
    """Voxels (batch, 1, 16, 16, 16) to logits (batch, 1, 1, 1, 1)."""
    return nn.Sequential(
        nn.Conv3d(1, FILTERS, 4, 2, 1, bias=False),
        norm(FILTERS),
        nn.LeakyReLU(0.2),
        nn.Conv3d(FILTERS, 2 * FILTERS, 4, 2, 1, bias=False),
        norm(2 * FILTERS),
        nn.LeakyReLU(0.2),
        nn.Conv3d(2 * FILTERS, 1, 4, 1, 0, bias=False),
    )


def in_keras(network):
    """Lists a network's weights in Keras' layouts."""
    arrays = []
    for layer in network:
        for parameter in layer.parameters():
            value = parameter.detach().numpy().copy()
            if value.ndim == 5 and layer.stride == (2, 2, 2):
                value = value.transpose(2, 3, 4, 1, 0)
            elif isinstance(layer, nn.ConvTranspose3d):  # Dense, Reshape
                value = value.transpose(0, 2, 3, 4, 1).reshape(len(value), -1)
            elif value.ndim == 5:  # Flatten, Dense
                value = value.transpose(2, 3, 4, 1, 0).reshape(-1, 1)
            arrays.append(value)
    return arrays


def draw_voxels(random):
    """Draws boxes of random place and size."""
    grids = np.zeros((STEPS * BATCH, SIZE, SIZE, SIZE), bool)
    for grid in grids:
        low = random.integers(1, 6, 3)
        high = random.integers(9, 15, 3)
        grid[tuple(slice(*ends) for ends in zip(low, high, strict=True))] = True
    return grids.reshape(STEPS, BATCH, SIZE, SIZE, SIZE)


def descend(network, loss, rate):
    """One step of gradient descent."""
    weights = list(network.parameters())
    for weight, gradient in zip(
        weights, torch.autograd.grad(loss, weights), strict=True
    ):
        weight.data -= rate * gradient


def train(seed=SEED, rates=RATES):
    """Takes the steps of the paper; returns what the file holds."""
    random = np.random.default_rng(seed)
    voxels = draw_voxels(random)
    latents = random.random((STEPS, BATCH, LATENTS), "float32")
    made, judge = generator().double(), discriminator().double()
    for network in (made, judge):
        draw_weights(network, random)
    networks = {"generator": made, "discriminator": judge}
    stored = {"initial": {k: in_keras(v) for k, v in networks.items()}}
    losses, accuracies, accuracy = [], [], 0.0
    for real, z in zip(voxels, latents, strict=True):
        real = torch.tensor(real[:, None]).double()
        fake = made(torch.tensor(z).double()[:, :, None, None, None])
        logits = [judge(real), judge(fake.detach())]
        terms = [softplus(-logits[0]).mean(), softplus(logits[1]).mean()]
        if accuracy <= GATE:  # Of the last batch; at first, of none.
            descend(judge, sum(terms), rates["discriminator"])
        right = torch.cat([logits[0] > 0, logits[1] < 0])
        accuracy = right.double().mean().item()
        terms.append(softplus(-judge(fake)).mean())
        descend(made, terms[2], rates["generator"])
        losses.append([term.item() for term in terms])
        accuracies.append(accuracy)
        if "first" not in stored:
            stored["first"] = {k: in_keras(v) for k, v in networks.items()}
    stored["last"] = {k: in_keras(v) for k, v in networks.items()}
    arrays = {
        f"{what}/{name}/{i}": weight
        for what, weights in stored.items()
        for name, values in weights.items()
        for i, weight in enumerate(values)
    }
    arrays |= {"losses": losses, "accuracies": accuracies}
    return arrays | {"voxels": np.packbits(voxels), "latents": latents}


def main():
    """Writes the file."""
    arrays = train()
    path = pathlib.Path(__file__).with_name("gan3d.npz")
    np.savez_compressed(path, **arrays)
    print(np.round(arrays["losses"], 4), arrays["accuracies"])


if __name__ == "__main__":
    main()
