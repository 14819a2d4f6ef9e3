"""Conditional GAN on pictures of clothes: DCGAN's recipes, with labels."""

import dataclasses

from zoo.models.gan.conditional_gan import ConditionalGAN
from zoo.recipes.dcgan import LONG, QUICK
from zoo.recipes.inputs import labelled_images
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import register_recipe

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
        epochs=8,
        arguments={
            "filters": 32,
            "batch_norm": "generator",
            "penalty": "r1",
            "penalty_weight": 0.3,
            "ema_decay": 0.999,
        },
        optimizers=lambda updates: falling_adam(
            updates, beta_1=0.0, generator=1e-3, discriminator=1e-3
        ),
    ),
)
