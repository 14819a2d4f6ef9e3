"""Denoising diffusion."""

from zoo.models.diffusion.model import Diffusion

__all__ = ["Diffusion"]
