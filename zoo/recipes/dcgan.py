"""DCGAN on pictures of clothes: in minutes, and in an hour."""

import keras

from zoo.models.dcgan import DCGAN
from zoo.recipes import Recipe, register_recipe

# The paper's width and rates would need hours on two cores. A narrow network
# at a higher rate, with smoothed targets and averaged weights, needs minutes.
register_recipe(
    "dcgan",
    Recipe(
        model=DCGAN,
        data="fashion_mnist_10k",
        size=32,
        batch_size=64,
        epochs=15,
        flip=False,
        arguments={"filters": 16, "label_smoothing": 0.1, "ema_decay": 0.99},
        optimizers=lambda: {
            "generator_optimizer": keras.optimizers.Adam(1e-3, beta_1=0.5),
            "discriminator_optimizer": keras.optimizers.Adam(1e-3, beta_1=0.5),
        },
        features="fashion_mnist",
    ),
)


def falling_adam(
    steps: int, beta_2: float = 0.999
) -> keras.optimizers.Optimizer:
    """Returns Adam without momentum, at a rate that falls from 1e-3 to 0.

    Args:
        steps: Updates in all.
        beta_2: Adam's second decay.
    """
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=beta_2)


# With batch statistics the discriminator soon wins; the R1 penalty in their
# place keeps the two level, and samples go on getting better.
register_recipe(
    "dcgan_fashion_mnist",
    Recipe(
        model=DCGAN,
        data="fashion_mnist",
        size=32,
        batch_size=64,
        epochs=30,
        flip=False,
        arguments={
            "filters": 32,
            "batch_norm": "generator",
            "penalty": "r1",
            "penalty_weight": 0.3,
            "ema_decay": 0.999,
        },
        optimizers=lambda: {
            f"{player}_optimizer": falling_adam(30 * 937)  # Of 64 images.
            for player in ("generator", "discriminator")
        },
        features="fashion_mnist",
    ),
)
