"""GANs of shapes, as voxels."""

# Up to version 0.1 a module had the name that is now this folder's.
from zoo.models.gan3d.model import GAN3D

__all__ = ["GAN3D"]
