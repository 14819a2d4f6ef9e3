"""GANs of shapes, as voxels."""

from zoo.models.gan3d.model import GAN3D

__all__ = ["GAN3D"]
