"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

import importlib
from typing import TYPE_CHECKING

from zoo.environment import prepared

with prepared():
    from zoo import learning_rates, losses, schedules
    from zoo.generative_model import GenerativeModel
    from zoo.models.conditional_gan import ConditionalGAN
    from zoo.models.cyclegan import CycleGAN
    from zoo.models.dcgan import DCGAN
    from zoo.models.diffusion import Diffusion
    from zoo.models.gan3d import GAN3D
    from zoo.models.pix2pix import Pix2Pix
    from zoo.models.stylegan import StyleGAN
    from zoo.models.wgan_gp import WGANGP

if TYPE_CHECKING:
    from zoo import metrics
    from zoo.exporting import export
    from zoo.registry import list_presets, register_preset, upload_preset

__version__ = "0.1.0"

__all__ = [
    "DCGAN",
    "GAN3D",
    "WGANGP",
    "ConditionalGAN",
    "CycleGAN",
    "Diffusion",
    "GenerativeModel",
    "Pix2Pix",
    "StyleGAN",
    "export",
    "learning_rates",
    "list_presets",
    "losses",
    "metrics",
    "register_preset",
    "schedules",
    "upload_preset",
]

# Imported when first asked for: training needs none of them, nor what they
# need (SciPy, HDF5, rich).
_LAZY = {
    "metrics": "zoo.metrics",
    "export": "zoo.exporting",
    "list_presets": "zoo.registry",
    "register_preset": "zoo.registry",
    "upload_preset": "zoo.registry",
}


def __getattr__(name):
    if name in _LAZY:
        module = importlib.import_module(_LAZY[name])
        return (
            module
            if module.__name__ == f"zoo.{name}"
            else getattr(module, name)
        )
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")
