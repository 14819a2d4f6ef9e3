"""WGAN-GP on pictures of clothes: in minutes, and in an hour."""

import dataclasses

import keras

from zoo.models.wgan_gp import WGANGP
from zoo.recipes import get_recipe, register_recipe
from zoo.recipes.dcgan import falling_adam

# The paper's rate is for 200,000 updates of the generator; in a hundredth of
# them a higher one goes further, with fewer steps of the critic.
register_recipe(
    "wgan_gp",
    dataclasses.replace(
        get_recipe("dcgan"),
        model=WGANGP,
        arguments={"filters": 16, "critic_steps": 2, "ema_decay": 0.99},
        optimizers=lambda: {
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
        get_recipe("dcgan_fashion_mnist"),
        model=WGANGP,
        batch_size=32,
        epochs=14,
        arguments={"filters": 32, "critic_steps": 2, "ema_decay": 0.999},
        optimizers=lambda: {
            # Steps of 32 images; two updates of the critic in each.
            "critic_optimizer": falling_adam(2 * 14 * 1875, beta_2=0.9),
            "generator_optimizer": falling_adam(14 * 1875, beta_2=0.9),
        },
    ),
)
