"""Conditional GAN on pictures of clothes: DCGAN's recipes, with labels."""

import dataclasses

from zoo.models.conditional_gan import ConditionalGAN
from zoo.recipes import labelled_images, register_recipe
from zoo.recipes.dcgan import LONG, QUICK
from zoo.recipes.optimizers import falling_adam

register_recipe(
    "conditional_gan",
    dataclasses.replace(QUICK, model=ConditionalGAN, inputs=labelled_images),
)

register_recipe(
    "conditional_gan_fashion_mnist",
    dataclasses.replace(
        LONG,
        model=ConditionalGAN,
        inputs=labelled_images,
        batch_size=32,
        epochs=8,
        optimizers=lambda: falling_adam(
            8 * 1875, beta_1=0.0, generator=1e-3, discriminator=1e-3
        ),
    ),
)
