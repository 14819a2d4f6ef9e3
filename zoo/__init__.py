"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

import importlib
from typing import TYPE_CHECKING, Any

from zoo.environment import prepared
from zoo.version import __version__

with prepared():
    from zoo import losses, moved, siblings
    from zoo.diffusion import samplers, schedules
    from zoo.diffusion.sampling import Sampling
    from zoo.engine import learning_rates
    from zoo.engine.generative_model import GenerativeModel
    from zoo.models.diffusion.model import Diffusion
    from zoo.models.gan.conditional_gan import ConditionalGAN
    from zoo.models.gan.dcgan import DCGAN
    from zoo.models.gan.wgan_gp import WGANGP
    from zoo.models.gan3d.model import GAN3D
    from zoo.models.stylegan.model import StyleGAN
    from zoo.models.super_resolution.srgan import SRGAN
    from zoo.models.super_resolution.srresnet import SRResNet
    from zoo.models.translation.cyclegan import CycleGAN
    from zoo.models.translation.pix2pix import Pix2Pix
    from zoo.registry import (
        list_presets,
        load_model,
        register_preset,
        upload_preset,
    )
    from zoo.registry.foreign import provide_formats
    from zoo.utils.grids import image_grid, save_picture

if TYPE_CHECKING:
    import callbacks
    import pipelines
    from zoo import converters, metrics, recipes
    from zoo.engine.exporting import export
    from zoo.models.gan3d.meshes import save_meshes

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
    "image_grid",
    "learning_rates",
    "list_presets",
    "load_model",
    "losses",
    "metrics",
    "pipelines",
    "recipes",
    "register_preset",
    "samplers",
    "save_meshes",
    "save_picture",
    "schedules",
    "upload_preset",
]

moved.install()
siblings.install()
provide_formats(lambda: importlib.import_module("zoo.converters"))

# Imported when first asked for: training needs none of them, nor what they
# need (TensorFlow for `pipelines`, SciPy for `metrics`).
_LAZY = {
    "callbacks": ("zoo.callbacks", None),
    "converters": ("zoo.converters", None),
    "export": ("zoo.engine.exporting", "export"),
    "metrics": ("zoo.metrics", None),
    "pipelines": ("zoo.pipelines", None),
    "recipes": ("zoo.recipes", None),
    "save_meshes": ("zoo.models.gan3d.meshes", "save_meshes"),
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    path, attribute = _LAZY[name]
    module = importlib.import_module(path)
    return getattr(module, attribute) if attribute else module


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
