"""Denoising diffusion."""

# Up to version 0.1 a module had the name that is now this folder's.
from zoo.models.diffusion.model import Diffusion

__all__ = ["Diffusion"]
