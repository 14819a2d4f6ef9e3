"""Modules by the names that they had up to version 0.1.

Scripts that import one of them go on working, and are told the new name.
"""

import importlib
import importlib.abc
import importlib.util
import sys
import warnings

PUBLIC = {
    "learning_rates": "engine.learning_rates",
    "samplers": "diffusion.samplers",
    "schedules": "diffusion.schedules",
    "schedules.named": "diffusion.schedules.named",
    "schedules.schedule": "diffusion.schedules.schedule",
}
"""Modules that users import by a shorter name, for good."""

MOVED = {
    "batches": "engine.batches",
    "checks": "utils.checks",
    "denoising_loop": "diffusion.loop",
    "ema": "engine.ema",
    "evaluating": "commands.evaluating",
    "exporting": "commands.exporting",
    "files": "utils.files",
    "generative_model": "engine.generative_model",
    "grids": "utils.grids",
    "image_files": "utils.images",
    "image_pool": "models.translation.image_pool",
    "json_text": "utils.json",
    "labels": "engine.labels",
    "layers.bilinear": "layers.upsampling",
    "layers.pixel_shuffle": "layers.upsampling",
    "loading": "registry.loading",
    "metrics.checks": "metrics.arrays",
    "models.adversarial_game": "models.gan.game",
    "models.class_conditional": "models.gan.class_conditional",
    "models.conditional_gan": "models.gan.conditional_gan",
    "models.conditions": "models.gan.conditions",
    "models.content": "models.super_resolution.content",
    "models.convolutional": "models.gan.networks",
    "models.convolutional_gan": "models.gan.convolutional_gan",
    "models.cyclegan": "models.translation.cyclegan",
    "models.dcgan": "models.gan.dcgan",
    "models.denoising": "models.diffusion.sampling",
    "models.editing": "models.diffusion.editing",
    "models.growing_gan": "models.stylegan.growing",
    "models.image_translator": "models.translation.pix2pix",
    "models.labelled_gan": "models.gan.labelled_gan",
    "models.normalizing": "models.translation.parts",
    "models.patch_gan": "models.translation.patch_gan",
    "models.pix2pix": "models.translation.pix2pix",
    "models.residual": "models.gan.residual_networks",
    "models.resnet_generator": "models.translation.resnet_generator",
    "models.skip_unet": "models.translation.skip_unet",
    "models.srgan": "models.super_resolution.srgan",
    "models.srgan_networks": "models.super_resolution.networks",
    "models.srresnet": "models.super_resolution.srresnet",
    "models.styled_gan": "models.stylegan.sampling",
    "models.stylegan_architecture": "models.stylegan.architecture",
    "models.stylegan_networks": "models.stylegan.networks",
    "models.two_way_translator": "models.translation.cyclegan",
    "models.unet": "models.diffusion.unet",
    "models.unet_architecture": "models.diffusion.architecture",
    "models.unet_blocks": "layers",
    "models.unet_layers": "layers",
    "models.upsampling": "models.translation.parts",
    "models.volumetric": "models.gan3d.networks",
    "models.wgan_gp": "models.gan.wgan_gp",
    "noise": "utils.noise",
    "optimizer_group": "engine.optimizer_group",
    "perceptual": "losses.perceptual",
    "plots": "utils.plots",
    "predictions": "diffusion.predictions",
    "publishing": "commands.publishing",
    "rendering": "models.gan3d.rendering",
    "seeds": "backend.seeds",
    "training": "commands.training",
    "translating": "commands.translating",
    "upscaling": "commands.upscaling",
}
"""Modules whose old name is to be used no more."""


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module by its old name; asked where there is none of it."""

    def __init__(self):
        self.specs = {}

    def find_spec(self, fullname, path=None, target=None):
        """Returns how to load an old name, or `None` for any other."""
        package, _, name = fullname.partition(".")
        if package != "zoo" or name not in PUBLIC | MOVED:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def create_module(self, spec):
        """Returns the module itself, under whose new name it stays known."""
        name = spec.name.partition(".")[2]
        new = (PUBLIC | MOVED)[name]
        if name in MOVED:
            warnings.warn(
                f"zoo.{name} is now zoo.{new}", DeprecationWarning, stacklevel=2
            )
        module = importlib.import_module(f"zoo.{new}")
        self.specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module):
        """Leaves the module as it was before it was found anew."""
        module.__spec__ = self.specs.pop(module.__spec__.name)


def install():
    """Lets old names be imported, once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())
