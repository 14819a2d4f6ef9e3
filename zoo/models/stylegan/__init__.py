"""Style-based GANs."""

# Up to version 0.1 a module had the name that is now this folder's.
from zoo.models.stylegan.model import StyleGAN

__all__ = ["StyleGAN"]
