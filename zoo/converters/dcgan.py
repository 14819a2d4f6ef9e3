"""From the DCGAN of PyTorch's examples to `zoo.DCGAN`.

https://github.com/pytorch/examples/tree/main/dcgan: `netG` and `netD` are
sequences `main` of convolutions and batch normalizations. `zoo.DCGAN` writes
the convolution from a 1x1 map, and the one to a 1x1 map, as dense layers.
"""

import dataclasses
import itertools
import os
import re

import numpy as np

from zoo.converters import layouts
from zoo.converters.checkpoint import read_checkpoint
from zoo.converters.errors import CheckpointError, describe, naming_file
from zoo.converters.mapping import ConversionReport, Entry, load_tensors
from zoo.converters.registry import register_converter
from zoo.converters.unwrapping import unwrapped
from zoo.layers import BatchNormalization
from zoo.models.gan.dcgan import DCGAN

Tensors = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Architecture:
    """What the tensors' shapes say of one network."""

    size: int
    channels: int
    filters: int

    def __str__(self):
        return (
            f"{self.size} pixels, {self.channels} channels, "
            f"{self.filters} filters"
        )

    @property
    def widths(self):
        """Widths of the maps, from the image's half size to 4x4."""
        halvings = self.size.bit_length() - 3
        return [self.filters * min(2**i, 8) for i in range(halvings)]


def convert_pytorch_dcgan(
    generator: str | os.PathLike, discriminator: str | os.PathLike | None = None
) -> tuple[DCGAN, ConversionReport]:
    """Returns a DCGAN with the weights of PyTorch's example.

    Image size, channels, length of the latents and width are told by the
    tensors' shapes.

    Args:
        generator: State dict of `netG`, in any format that `read_checkpoint`
            reads; alone, or in a dict of several, such as
            `{"netG_state_dict": ...}`, with or without the prefix of
            `DataParallel`. The report says what it was taken from.
        discriminator: That of `netD`. Without it the discriminator has
            initial weights, and the report says so.

    Returns:
        The model, for images of 16 to 256 pixels, and the report, in which
        names begin with `netG.` and `netD.`.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: A file is damaged, its tensors are not those of the
            example, or the two networks are of different size, channels or
            width: `zoo.DCGAN` has one `filters`.

    Example:
        ```python
        model, report = convert_pytorch_dcgan("netG.pth", "netD.pth")
        print(report)
        images = model.generate(16, seed=0)
        ```
    """
    tensors, taken = _read(generator, GENERATOR)
    with naming_file(generator):
        architecture, latent_dim = _examine_generator(tensors)
    others, prefix = {}, ""
    if discriminator is not None:
        others, prefix = _read(discriminator, DISCRIMINATOR)
        with naming_file(discriminator):
            _check_same(architecture, _examine_discriminator(others))
    size, channels = architecture.size, architecture.channels
    model = DCGAN((size, size, channels), latent_dim, architecture.filters)
    networks, entries = [model.generator], _generator_entries(model)
    if discriminator is not None:
        networks.append(model.discriminator)
        entries += _discriminator_entries(model)
    named = {f"netG.{k}": v for k, v in tensors.items()}
    named |= {f"netD.{k}": v for k, v in others.items()}
    report = load_tensors(named, networks, entries)
    return model, dataclasses.replace(
        report,
        untouched=("discriminator",) if discriminator is None else (),
        taken_from=tuple(repr(x.rstrip(".")) for x in (taken, prefix) if x),
    )


register_converter(
    "pytorch-dcgan",
    convert_pytorch_dcgan,
    "the DCGAN of PyTorch's examples, state dicts of netG and netD",
    ("netG", "[netD]"),
)


def _read(path, positions):
    """Returns the tensors of a network, and the prefix of their names."""
    tensors = read_checkpoint(path)
    with naming_file(path):
        return unwrapped(
            tensors,
            "main.0.weight",
            lambda inside: _are_at(_kernels(inside), positions),
        )


def _kernels(tensors):
    """Returns the shapes of kernels by their positions."""
    found = {}
    for key, tensor in tensors.items():
        match = re.fullmatch(r"main\.(\d{1,3})\.weight", key)
        if match and tensor.ndim == 4:
            found[int(match[1])] = tensor.shape
    return found


def _are_at(found, positions):
    return len(found) >= 3 and sorted(found) == positions[: len(found)]


def _shapes(tensors, name, positions):
    """Returns the shapes of the kernels, which must be at some positions."""
    found = _kernels(tensors)
    if not _are_at(found, positions):
        raise CheckpointError(
            f"Expected the {name} of PyTorch's DCGAN example (netG comes "
            "before netD), with 3 to 7 kernels main.N.weight, N from "
            f"{positions}. Received: kernels at {sorted(found)} among "
            f"{len(tensors)} tensors, {describe(list(tensors)[:3])}"
        )
    return [found[i] for i in sorted(found)]


GENERATOR = [0, 3, 6, 9, 12, 15, 18]
"""Positions of kernels in netG, up to 256 pixels; norms are one after."""
DISCRIMINATOR = [0, 2, 5, 8, 11, 14, 17]
"""Positions of kernels in netD; norms are one after, but for both ends."""


def _examine_generator(tensors):
    shapes = _shapes(tensors, "generator", GENERATOR)
    filters, channels = shapes[-1][:2]
    latent_dim = shapes[0][0]
    found = _Architecture(2 ** (len(shapes) + 1), channels, filters)
    widths = [latent_dim, *found.widths[::-1], channels]
    expected = [(*pair, 4, 4) for pair in itertools.pairwise(widths)]
    _check_shapes("generator", found, shapes, expected)
    return found, latent_dim


def _examine_discriminator(tensors):
    shapes = _shapes(tensors, "discriminator", DISCRIMINATOR)
    filters, channels = shapes[0][:2]
    found = _Architecture(2 ** (len(shapes) + 1), channels, filters)
    widths = [channels, *found.widths, 1]
    expected = [(*pair[::-1], 4, 4) for pair in itertools.pairwise(widths)]
    _check_shapes("discriminator", found, shapes, expected)
    return found


def _check_shapes(name, found, shapes, expected):
    # Before a model is built, so that no shape can ask for much memory.
    empty = any(0 in shape for shape in shapes)
    if shapes != expected or empty or found.channels not in (1, 2, 3, 4):
        raise CheckpointError(
            f"zoo.DCGAN's {name} has kernels of 4x4, 1 to 4 image channels, "
            "and widths that double with each halving, up to 8 times "
            f"`filters`: {expected} for {found}. Received: {shapes}"
        )


def _check_same(generator, discriminator):
    if generator != discriminator:
        raise CheckpointError(
            "zoo.DCGAN has one `image_shape` and one `filters` for both "
            "networks. Convert the generator alone, or train with ngf equal "
            f"to ndf. Received: a generator of {generator}, a discriminator "
            f"of {discriminator}"
        )


def _layers(network):
    """Returns the layers with kernels, and the normalizations."""
    weighted = [layer for layer in network.layers if layer.weights]
    norms = [x for x in weighted if isinstance(x, BatchNormalization)]
    return [x for x in weighted if x not in norms], norms


def _generator_entries(model) -> list[Entry]:
    (first, *others), norms = _layers(model.generator)
    names = [f"netG.main.{i}" for i in GENERATOR]
    shape = (4, 4, norms[0].gamma.shape[0])
    return [
        layouts.dense_of_conv_transpose(first, names[0], shape),
        *map(layouts.conv_transpose, others, names[1:]),
        *(
            layouts.batch_norm(norm, f"netG.main.{i + 1}")
            for norm, i in zip(norms, GENERATOR, strict=False)
        ),
    ]


def _discriminator_entries(model) -> list[Entry]:
    (*others, last), norms = _layers(model.discriminator)
    names = [f"netD.main.{i}" for i in DISCRIMINATOR]
    shape = (4, 4, norms[-1].gamma.shape[0])
    return [
        *map(layouts.conv, others, names),
        layouts.dense_of_valid_conv(last, names[len(others)], shape),
        *(
            layouts.batch_norm(norm, f"netD.main.{i + 1}")
            for norm, i in zip(norms, DISCRIMINATOR[1:], strict=False)
        ),
    ]
