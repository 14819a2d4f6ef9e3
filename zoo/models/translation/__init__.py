"""From images to images."""

from zoo.models.translation.cyclegan import CycleGAN
from zoo.models.translation.pix2pix import Pix2Pix

__all__ = ["CycleGAN", "Pix2Pix"]
