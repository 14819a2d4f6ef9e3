"""DCGAN on 10,000 pictures of clothes."""

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
