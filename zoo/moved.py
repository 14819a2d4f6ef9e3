"""Modules by the names that they had up to version 0.1.

Scripts that import one of them go on working, and are told the new name.
"""

import importlib.abc
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from zoo.aliases import alias

PUBLIC: dict[str, str] = {
    "learning_rates": "engine.learning_rates",
    "samplers": "diffusion.samplers",
    "schedules": "diffusion.schedules",
    "schedules.named": "diffusion.schedules.named",
    "schedules.schedule": "diffusion.schedules.schedule",
}
"""Modules that users import by a shorter name, for good."""

MOVED: dict[str, str] = {
    "batches": "engine.batches",
    "checks": "utils.checks",
    "denoising_loop": "diffusion.loop",
    "ema": "engine.ema",
    "evaluating": "commands.evaluating",
    "exporting": "engine.exporting",
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
    "losses.registry": "utils.registry",
    "metrics.checks": "metrics.feature_checks",
    "metrics.evaluation": "metrics.evaluator",
    "metrics.statistics": "metrics.moments",
    "models.adversarial_game": "models.gan.game",
    "models.class_conditional": "models.gan.game",
    "models.conditional_gan": "models.gan.conditional_gan",
    "models.conditions": "models.gan.conditions",
    "models.content": "models.super_resolution.content",
    "models.convolutional": "models.gan.networks",
    "models.convolutional_gan": "models.gan.networks",
    "models.cyclegan": "models.translation.cyclegan",
    "models.dcgan": "models.gan.dcgan",
    "models.denoising": "models.diffusion.sampling",
    "models.editing": "models.diffusion.editing",
    "models.growing_gan": "models.stylegan.growing",
    "models.image_translator": "models.translation.pix2pix",
    "models.labelled_gan": "models.gan.classifier",
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
    "noise": "utils.noise_streams",
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


class Finder(importlib.abc.MetaPathFinder):
    """Finds a module by its old name, and leaves all others to Python's."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns how to load an old name, or `None` for any other.

        Args:
            fullname: The module's name, with dots.
            path: Not used, and so is `target`.
            target: Not used.
        """
        package, _, name = fullname.partition(".")
        if package != "zoo":
            return None
        if name in MOVED:
            new = f"zoo.{MOVED[name]}"
            # Python's own frames between the import and here don't count.
            warnings.warn(
                f"{fullname} is now {new}", DeprecationWarning, stacklevel=2
            )
            return alias(fullname, new)
        return (
            alias(fullname, f"zoo.{PUBLIC[name]}") if name in PUBLIC else None
        )


def install() -> None:
    """Lets old names be imported, once.

    The finder is asked first: Python's own would look for `schedules.named`
    in the folder of the package that `schedules` stands for, and find a
    module there that it takes for another.
    """
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
