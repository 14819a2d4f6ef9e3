"""Layers that the models share."""

from zoo.layers.convolution import Conv2D, Conv2DTranspose
from zoo.layers.normalization import BatchNormalization

__all__ = ["BatchNormalization", "Conv2D", "Conv2DTranspose"]
