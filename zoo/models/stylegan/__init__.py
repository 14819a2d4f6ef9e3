"""Style-based GANs."""

from zoo.models.stylegan.model import StyleGAN

__all__ = ["StyleGAN"]
