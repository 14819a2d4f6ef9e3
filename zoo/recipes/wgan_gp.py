"""WGAN-GP on pictures of clothes: in minutes, and in an hour."""

import dataclasses

import keras

from zoo.models.gan.wgan_gp import WGANGP
from zoo.recipes.dcgan import LONG, QUICK
from zoo.recipes.inputs import images_and_labels
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import Paper, register_recipe

# CIFAR-10, table 3 and appendix F.
PAPER = Paper(
    size=32,
    batch_size=64,
    flip=False,
    steps=100_000,
    arguments={"architecture": "resnet", "filters": 128},
)

# The paper's rate is for 200,000 updates of the generator; in a hundredth of
# them a higher one goes further, with fewer steps of the critic.
register_recipe(
    "wgan_gp",
    dataclasses.replace(
        QUICK,
        model=WGANGP,
        paper=PAPER,
        arguments={"filters": 16, "critic_steps": 2, "ema_decay": 0.99},
        optimizers=lambda updates: {
            f"{player}_optimizer": keras.optimizers.Adam(
                1e-3, beta_1=0.0, beta_2=0.9
            )
            for player in ("generator", "critic")
        },
    ),
)

register_recipe(
    "wgan_gp_fashion_mnist",
    dataclasses.replace(
        LONG,
        model=WGANGP,
        paper=PAPER,
        inputs=images_and_labels,
        epochs=14,
        arguments={
            "filters": 32,
            "critic_steps": 2,
            "ema_decay": 0.999,
            "classifier_weight": 4.0,
        },
        optimizers=lambda updates: falling_adam(
            updates, beta_1=0.0, beta_2=0.9, critic=1e-3, generator=1e-3
        ),
    ),
)
