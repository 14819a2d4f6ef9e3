"""Conditional GAN on pictures of clothes: DCGAN's recipes, with labels."""

import dataclasses

from zoo.models.conditional_gan import ConditionalGAN
from zoo.recipes import get_recipe, labelled_images, register_recipe
from zoo.recipes.dcgan import falling_adam

register_recipe(
    "conditional_gan",
    dataclasses.replace(
        get_recipe("dcgan"), model=ConditionalGAN, inputs=labelled_images
    ),
)

register_recipe(
    "conditional_gan_fashion_mnist",
    dataclasses.replace(
        get_recipe("dcgan_fashion_mnist"),
        model=ConditionalGAN,
        inputs=labelled_images,
        batch_size=32,
        epochs=8,
        optimizers=lambda: {
            f"{player}_optimizer": falling_adam(8 * 1875)  # Of 32 images.
            for player in ("generator", "discriminator")
        },
    ),
)
