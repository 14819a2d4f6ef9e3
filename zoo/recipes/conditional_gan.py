"""Conditional GAN on pictures of clothes: in minutes, and the preset."""

import keras

from zoo.models.conditional_gan import ConditionalGAN
from zoo.recipes import Recipe, register_recipe

register_recipe(
    "conditional_gan",
    Recipe(
        model=ConditionalGAN,
        data="fashion_mnist_10k",
        labelled=True,
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

STEPS = 8 * 1875  # Of 32 images, in 8 epochs.


def _falling_rate():
    return keras.optimizers.schedules.CosineDecay(1e-3, STEPS)


register_recipe(
    "conditional_gan_fashion_mnist",
    Recipe(
        model=ConditionalGAN,
        data="fashion_mnist",
        labelled=True,
        size=32,
        batch_size=32,
        epochs=8,
        flip=False,
        arguments={
            "filters": 32,
            "batch_norm": "generator",
            "penalty": "r1",
            "penalty_weight": 0.3,
            "ema_decay": 0.999,
        },
        optimizers=lambda: {
            "generator_optimizer": keras.optimizers.Adam(
                _falling_rate(), beta_1=0.0
            ),
            "discriminator_optimizer": keras.optimizers.Adam(
                _falling_rate(), beta_1=0.0
            ),
        },
        features="fashion_mnist",
    ),
)
