"""DCGAN-64 training step in eager PyTorch, without Keras."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks import dcgan_spec as spec


class _Project(nn.Module):
    """The generator's first block: a 1x1 image to a 4x4 one.

    The transposed convolution of a 1x1 image is a matrix product. Ordering
    its columns height, width, channels yields a channels-last image for free.
    """

    def __init__(self, width):
        super().__init__()
        self.width = width
        self.linear = nn.Linear(spec.LATENT_DIM, 16 * width, bias=False)

    def forward(self, latents):
        x = self.linear(latents).view(-1, 4, 4, self.width)
        return x.permute(0, 3, 1, 2)


class _Score(nn.Module):
    """The discriminator's last layer: a 4x4 image to a logit.

    The 4x4 convolution covers its whole input: a matrix product. Channels-last
    images flatten without a copy.
    """

    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(16 * width, 1, bias=False)

    def forward(self, x):
        return self.linear(x.permute(0, 2, 3, 1).flatten(1))


def _norm(width):
    # PyTorch's momentum weighs the new batch, not the running statistics.
    return nn.BatchNorm2d(width, spec.BN_EPSILON, 1 - spec.BN_MOMENTUM)


def _make_generator():
    widths = (*spec.GENERATOR_WIDTHS, spec.CHANNELS)
    layers = [_Project(widths[0])]
    for width, out in itertools.pairwise(widths):
        layers += [
            _norm(width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, out, 4, 2, 1, bias=False),
        ]
    return nn.Sequential(*layers, nn.Tanh())


def _make_discriminator():
    layers = []
    last = spec.CHANNELS
    for width in spec.DISCRIMINATOR_WIDTHS:
        layers.append(nn.Conv2d(last, width, 4, 2, 1, bias=False))
        if last != spec.CHANNELS:
            layers.append(_norm(width))
        layers.append(nn.LeakyReLU(spec.LEAKY_SLOPE, inplace=True))
        last = width
    return nn.Sequential(*layers, _Score(last))


@torch.no_grad()
def _initialize(net):
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.normal_(1.0, spec.INIT_STDDEV)
        elif isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
            module.weight.normal_(0.0, spec.INIT_STDDEV)


def _num_params(net):
    return sum(p.numel() for p in net.parameters())


def make_step(
    seed=0,
    batch_size=spec.BATCH_SIZE,
    memory_format=torch.channels_last,
    device="cpu",
    **adam,
):
    """Builds a stateful training step.

    Args:
        seed: Seed of the weights and of the latents.
        batch_size: Number of images per step.
        memory_format: Layout of the weights and of the images.
        device: Device that trains.
        **adam: Further options of `torch.optim.Adam`, which say how it runs.

    Returns:
        `step(images) -> (d_real, d_fake, g)`: one update of both networks on
        `(batch_size, 64, 64, 3)` images in [-1, 1], as an array or a tensor,
        returned as floats once the update is done.
    """
    torch.manual_seed(seed)
    generator = _make_generator()
    discriminator = _make_discriminator()
    spec.check_param_counts(_num_params(generator), _num_params(discriminator))
    optimizers = []
    for net in (generator, discriminator):
        _initialize(net)
        net.to(device, memory_format=memory_format)
        optimizers.append(
            torch.optim.Adam(
                net.parameters(),
                spec.LEARNING_RATE,
                (spec.BETA_1, spec.BETA_2),
                spec.ADAM_EPSILON,
                **(adam or {"fused": True}),
            )
        )
    g_optimizer, d_optimizer = optimizers
    g_params = list(generator.parameters())

    def step(images):
        # Permuted channels-last images already are in PyTorch's channels-last
        # format: nothing moves unless another format is asked for.
        real = torch.as_tensor(images, device=device).permute(0, 3, 1, 2)
        real = real.contiguous(memory_format=memory_format)
        latents = torch.randn(batch_size, spec.LATENT_DIM, device=device)
        fake = generator(latents).contiguous(memory_format=memory_format)

        d_real = F.softplus(-discriminator(real)).mean()
        d_fake = F.softplus(discriminator(fake.detach())).mean()
        d_optimizer.zero_grad(set_to_none=True)
        (d_real + d_fake).backward()
        d_optimizer.step()

        g_loss = F.softplus(-discriminator(fake)).mean()
        g_optimizer.zero_grad(set_to_none=True)
        # Naming the inputs leaves out the discriminator's weight gradients.
        g_loss.backward(inputs=g_params)
        g_optimizer.step()
        return tuple(torch.stack([d_real, d_fake, g_loss]).tolist())

    return step


if __name__ == "__main__":
    spec.time_step(make_step)
