"""Diffusion on pictures of clothes: in minutes, and in hours."""

import keras

from zoo.models.diffusion import Diffusion
from zoo.recipes import Recipe, labelled_images, register_recipe

# The paper's network would need days on two cores. Patches of 2x2 pixels make
# the maps a quarter as large, v at a cosine schedule learns at all noise
# levels, and min-SNR weights keep the easy ones from taking over.
SMALL = {
    "patch_size": 2,
    "blocks": 1,
    "dropout": 0.0,
    "schedule": "cosine",
    "prediction": "v",
    "min_snr": 5.0,
}

register_recipe(
    "diffusion",
    Recipe(
        model=Diffusion,
        data="fashion_mnist_10k",
        size=32,
        batch_size=32,
        epochs=8,
        flip=False,
        arguments={
            **SMALL,
            "channels": 16,
            "multipliers": [1, 2, 2],
            "attention": [],
            "ema_decay": 0.995,
        },
        optimizers=lambda: {
            "denoiser_optimizer": keras.optimizers.Adam(
                2e-3, global_clipnorm=1.0
            )
        },
        inputs=labelled_images,
    ),
)


STEPS = 16 * 1875  # Of 32 images, in 16 epochs.

register_recipe(
    "diffusion_fashion_mnist",
    Recipe(
        model=Diffusion,
        data="fashion_mnist",
        size=32,
        batch_size=32,
        epochs=16,
        flip=False,
        arguments={
            **SMALL,
            "channels": 32,
            "multipliers": [1, 2, 3],
            "attention": [8],
            "ema_decay": 0.9995,
        },
        optimizers=lambda: {
            "denoiser_optimizer": keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(1e-3, STEPS),
                global_clipnorm=1.0,
            )
        },
        features="fashion_mnist",
        inputs=labelled_images,
    ),
)
