"""WGAN-GP on pictures of clothes, in minutes."""

import keras

from zoo.models.wgan_gp import WGANGP
from zoo.recipes import Recipe, register_recipe

# The paper's rate is for 200,000 updates of the generator; in a hundredth of
# them a higher one goes further, with fewer steps of the critic.
register_recipe(
    "wgan_gp",
    Recipe(
        model=WGANGP,
        data="fashion_mnist_10k",
        size=32,
        batch_size=64,
        epochs=15,
        flip=False,
        arguments={"filters": 16, "critic_steps": 2, "ema_decay": 0.99},
        optimizers=lambda: {
            "generator_optimizer": keras.optimizers.Adam(
                1e-3, beta_1=0.0, beta_2=0.9
            ),
            "critic_optimizer": keras.optimizers.Adam(
                1e-3, beta_1=0.0, beta_2=0.9
            ),
        },
        features="fashion_mnist",
    ),
)
