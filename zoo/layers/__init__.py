"""Layers that the models share."""

from zoo.layers.bilinear import BilinearUpsampling
from zoo.layers.convolution import (
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
)
from zoo.layers.equalized import EqualizedConv2D, EqualizedDense
from zoo.layers.growth import FadeIn, Growth
from zoo.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from zoo.layers.noise import InstanceNoise
from zoo.layers.normalization import (
    BatchNormalization,
    InstanceNormalization,
    PixelNormalization,
)
from zoo.layers.padding import ReflectionPadding2D
from zoo.layers.pixel_shuffle import PixelShuffle
from zoo.layers.reference import (
    DropReference,
    ReferenceBatch,
    ReferenceBatchNormalization,
    VirtualBatchNormalization,
)
from zoo.layers.spectral import SpectralNormalization
from zoo.layers.style import (
    AdaptiveInstanceNormalization,
    Blur,
    LearnedConstant,
    NoiseInput,
    RunningMean,
    adain,
)

__all__ = [
    "AdaptiveInstanceNormalization",
    "BatchNormalization",
    "BilinearUpsampling",
    "Blur",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "DropReference",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "Growth",
    "InstanceNoise",
    "InstanceNormalization",
    "LearnedConstant",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "NoiseInput",
    "PixelNormalization",
    "PixelShuffle",
    "ReferenceBatch",
    "ReferenceBatchNormalization",
    "ReflectionPadding2D",
    "RunningMean",
    "SpectralNormalization",
    "VirtualBatchNormalization",
    "adain",
]
