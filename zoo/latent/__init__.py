"""Ways through spaces of latents, by NumPy alone."""

from zoo.latent.interpolation import METHODS, interpolate, path, slerp

__all__ = ["METHODS", "interpolate", "path", "slerp"]
