"""What `zoo train NAME` trains when it is told nothing else."""

from zoo.recipes import (  # Each registers its model's recipes.
    conditional_gan,
    cyclegan,
    dcgan,
    diffusion,
    gan3d,
    pix2pix,
    stylegan,
    super_resolution,
    wgan_gp,
)
from zoo.recipes.inputs import Inputs, images, labelled_images
from zoo.recipes.recipe import RECIPES, Recipe, get_recipe, register_recipe

__all__ = [
    "RECIPES",
    "Inputs",
    "Recipe",
    "conditional_gan",
    "cyclegan",
    "dcgan",
    "diffusion",
    "gan3d",
    "get_recipe",
    "images",
    "labelled_images",
    "pix2pix",
    "register_recipe",
    "stylegan",
    "super_resolution",
    "wgan_gp",
]
