"""WGAN-GP on pictures of clothes, in minutes."""

import dataclasses

import keras

from zoo.models.wgan_gp import WGANGP
from zoo.recipes import get_recipe, register_recipe

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
