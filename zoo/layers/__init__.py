"""Layers that the models share."""

from zoo.layers.convolution import (
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
)
from zoo.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from zoo.layers.noise import InstanceNoise
from zoo.layers.normalization import BatchNormalization, InstanceNormalization
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
    "Conv3D",
    "Conv3DTranspose",
    "DropReference",
    "InstanceNoise",
    "InstanceNormalization",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "ReferenceBatch",
    "ReferenceBatchNormalization",
    "SpectralNormalization",
    "VirtualBatchNormalization",
]
