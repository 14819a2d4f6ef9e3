"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

import importlib
from typing import TYPE_CHECKING

from zoo.environment import prepared
from zoo.version import __version__

with prepared():
    from zoo import converters, losses, moved
    from zoo.diffusion import samplers, schedules
    from zoo.diffusion.sampling import Sampling
    from zoo.engine import learning_rates
    from zoo.engine.generative_model import GenerativeModel
    from zoo.models.diffusion import Diffusion
    from zoo.models.gan import DCGAN, WGANGP, ConditionalGAN
    from zoo.models.gan3d import GAN3D
    from zoo.models.stylegan import StyleGAN
    from zoo.models.super_resolution import SRGAN, SRResNet
    from zoo.models.translation import CycleGAN, Pix2Pix
    from zoo.registry import list_presets, register_preset, upload_preset

if TYPE_CHECKING:
    import callbacks
    import pipelines
    from zoo import metrics
    from zoo.commands.exporting import export

__all__ = [
    "DCGAN",
    "GAN3D",
    "SRGAN",
    "WGANGP",
    "ConditionalGAN",
    "CycleGAN",
    "Diffusion",
    "GenerativeModel",
    "Pix2Pix",
    "SRResNet",
    "Sampling",
    "StyleGAN",
    "__version__",
    "callbacks",
    "converters",
    "export",
    "learning_rates",
    "list_presets",
    "losses",
    "metrics",
    "pipelines",
    "register_preset",
    "samplers",
    "schedules",
    "upload_preset",
]

moved.install()

# Imported when first asked for: training needs none of them, nor what they
# need (TensorFlow for `pipelines`, SciPy for `metrics`).
_LAZY = {
    "metrics": ("zoo.metrics", None),
    "export": ("zoo.commands.exporting", "export"),
}


def __getattr__(name):
    if name in ("callbacks", "pipelines"):
        return getattr(importlib.import_module("zoo.siblings"), name)
    if name not in _LAZY:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    path, attribute = _LAZY[name]
    module = importlib.import_module(path)
    return getattr(module, attribute) if attribute else module


def __dir__():
    return sorted({*globals(), *__all__})
