"""What `zoo train NAME` trains when it is told nothing else.

A module of this folder registers its recipes when it is imported, as all of
them are here: a new one is a new file.
"""

import importlib
import pkgutil

from zoo.recipes.inputs import Inputs, images, labelled_images
from zoo.recipes.recipe import (
    RECIPES,
    Paper,
    Recipe,
    get_recipe,
    register_recipe,
)

__all__ = [
    "RECIPES",
    "Inputs",
    "Paper",
    "Recipe",
    "get_recipe",
    "images",
    "labelled_images",
    "register_recipe",
]

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
