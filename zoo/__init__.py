"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

from typing import TYPE_CHECKING, Any

from zoo import public
from zoo.version import __version__

if TYPE_CHECKING:
    import callbacks
    import pipelines
    from zoo import converters, latent, losses, metrics, recipes
    from zoo.commands.showing import show
    from zoo.diffusion import samplers, schedules
    from zoo.diffusion.sampling import Sampling
    from zoo.engine import learning_rates
    from zoo.engine.exporting import export
    from zoo.engine.generative_model import GenerativeModel
    from zoo.models.diffusion.model import Diffusion
    from zoo.models.gan.conditional_gan import ConditionalGAN
    from zoo.models.gan.dcgan import DCGAN
    from zoo.models.gan.wgan_gp import WGANGP
    from zoo.models.gan3d.meshes import save_meshes
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
    from zoo.utils.grids import image_grid, save_picture

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
    "latent",
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
    "show",
    "upload_preset",
]


def __getattr__(name: str) -> Any:
    return public.find(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


public.install(globals())
