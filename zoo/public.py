"""What `zoo` offers, and where it is."""

import importlib
from typing import Any

from zoo import moved, siblings
from zoo.environment import is_command

_NAMES = {
    "models.diffusion.model": ("Diffusion",),
    "models.gan.conditional_gan": ("ConditionalGAN",),
    "models.gan.dcgan": ("DCGAN",),
    "models.gan.wgan_gp": ("WGANGP",),
    "models.gan3d.model": ("GAN3D",),
    "models.stylegan.model": ("StyleGAN",),
    "models.super_resolution.srgan": ("SRGAN",),
    "models.super_resolution.srresnet": ("SRResNet",),
    "models.translation.cyclegan": ("CycleGAN",),
    "models.translation.pix2pix": ("Pix2Pix",),
    "engine.generative_model": ("GenerativeModel",),
    "diffusion.sampling": ("Sampling",),
    "registry": (
        "list_presets",
        "load_model",
        "register_preset",
        "upload_preset",
    ),
    "utils.grids": ("image_grid", "save_picture"),
}
_MODULES = {
    "latent": "latent",
    "learning_rates": "engine.learning_rates",
    "losses": "losses",
    "samplers": "diffusion.samplers",
    "schedules": "diffusion.schedules",
}

# Imported when first asked for: training needs none of them, nor what they
# need (TensorFlow for `pipelines`, SciPy for `metrics`).
_LATER_NAMES = {
    "commands.showing": ("show",),
    "engine.exporting": ("export",),
    "models.gan3d.meshes": ("save_meshes",),
}
_LATER_MODULES = {
    name: name
    for name in ("callbacks", "converters", "metrics", "pipelines", "recipes")
}


def _places(names, modules):
    """Returns module and attribute of each public name."""
    found = {x: (module, x) for module, own in names.items() for x in own}
    return found | {x: (module, None) for x, module in modules.items()}


_AT_ONCE = _places(_NAMES, _MODULES)
_ALL = _AT_ONCE | _places(_LATER_NAMES, _LATER_MODULES)


def find(name: str) -> Any:
    """Returns what has a public name.

    Args:
        name: The attribute of `zoo`.

    Raises:
        AttributeError: It has none of that name.
    """
    if name not in _ALL:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    path, attribute = _ALL[name]
    module = importlib.import_module(f"zoo.{path}")
    return getattr(module, attribute) if attribute else module


def install(namespace: dict[str, Any]) -> None:
    """Fills `zoo`, but in a command, which imports what it needs.

    Args:
        namespace: The variables of the module `zoo`.
    """
    moved.install()
    siblings.install()
    if not is_command():
        namespace.update(import_all())


def import_all() -> dict[str, Any]:
    """Imports all models, so that Keras knows their classes in files.

    Returns:
        What is to be in `zoo` from the start, by name.
    """
    from zoo.registry.foreign import provide_formats  # Needs Keras.

    found = {name: find(name) for name in _AT_ONCE}
    provide_formats(lambda: importlib.import_module("zoo.converters"))
    return found
