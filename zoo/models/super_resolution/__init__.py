"""From small images to large ones."""

from zoo.models.super_resolution.srgan import SRGAN
from zoo.models.super_resolution.srresnet import SRResNet

__all__ = ["SRGAN", "SRResNet"]
