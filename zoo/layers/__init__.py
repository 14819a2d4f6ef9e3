"""Layers that the models share."""

from zoo.layers.convolution import Conv2D, Conv2DTranspose
from zoo.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from zoo.layers.noise import InstanceNoise
from zoo.layers.normalization import BatchNormalization, InstanceNormalization
from zoo.layers.padding import ReflectionPadding2D
from zoo.layers.reference import (
    DropReference,
    ReferenceBatch,
    ReferenceBatchNormalization,
    VirtualBatchNormalization,
)
from zoo.layers.spectral import SpectralNormalization

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "DropReference",
    "InstanceNoise",
    "InstanceNormalization",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "ReferenceBatch",
    "ReferenceBatchNormalization",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "VirtualBatchNormalization",
]
