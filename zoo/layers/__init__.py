"""Layers, constraints and initializers that the models are made of."""

from zoo.layers.attention import SelfAttention
from zoo.layers.blur import Blur
from zoo.layers.conditions import AppendClasses, TimeEmbedding
from zoo.layers.constraints import Clip
from zoo.layers.convolution import (
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
)
from zoo.layers.dropout import Dropout, MultiplyByNoise
from zoo.layers.equalized import EqualizedConv2D, EqualizedDense
from zoo.layers.growth import FadeIn, Growth
from zoo.layers.initializers import FanAverage
from zoo.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from zoo.layers.noise import InstanceNoise
from zoo.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    InstanceNormalization,
    PixelNormalization,
)
from zoo.layers.padding import ReflectionPadding2D
from zoo.layers.patches import DepthToSpace, SpaceToDepth
from zoo.layers.reference import (
    DropReference,
    ReferenceBatch,
    ReferenceBatchNormalization,
    VirtualBatchNormalization,
)
from zoo.layers.residual import ResidualBlock
from zoo.layers.small_batch import SmallBatchNormalization
from zoo.layers.spectral import SpectralNormalization
from zoo.layers.squared_error import MinusSquaredError
from zoo.layers.style import (
    AdaptiveInstanceNormalization,
    LearnedConstant,
    NoiseInput,
    RunningMean,
    adain,
)
from zoo.layers.upsampling import (
    BilinearUpsampling,
    NearestUpsampling,
    PixelShuffle,
)

__all__ = [
    "AdaptiveInstanceNormalization",
    "AppendClasses",
    "BatchNormalization",
    "BilinearUpsampling",
    "Blur",
    "Clip",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "DepthToSpace",
    "DropReference",
    "Dropout",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "FanAverage",
    "GroupNormalization",
    "Growth",
    "InstanceNoise",
    "InstanceNormalization",
    "LearnedConstant",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "MinusSquaredError",
    "MultiplyByNoise",
    "NearestUpsampling",
    "NoiseInput",
    "PixelNormalization",
    "PixelShuffle",
    "ReferenceBatch",
    "ReferenceBatchNormalization",
    "ReflectionPadding2D",
    "ResidualBlock",
    "RunningMean",
    "SelfAttention",
    "SmallBatchNormalization",
    "SpaceToDepth",
    "SpectralNormalization",
    "TimeEmbedding",
    "VirtualBatchNormalization",
    "adain",
]
