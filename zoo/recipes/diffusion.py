"""Diffusion on pictures of clothes: in minutes, and in an afternoon."""

from typing import Any

import keras
import numpy as np

from zoo.models.diffusion.model import Diffusion
from zoo.recipes import measures
from zoo.recipes.inputs import images_and_labels, test_images
from zoo.recipes.recipe import Paper, Recipe, register_recipe

INVERTED = 64
"""Test images that are turned into noise and back, for a card."""

SOLVER = {"sampler": "dpm_solver", "steps": 20}

BEST = {**SOLVER, "guidance": 2.0, "guidance_interval": [0.5, 2.0]}
"""How samples for a card's first numbers are drawn."""

WAYS = {
    "ddim_50_steps": {"steps": 50},
    "ddim_20_steps": {"steps": 20},
    "ddim_10_steps": {"steps": 10},
    "dpm_solver_10_steps": {"sampler": "dpm_solver", "steps": 10},
    "dpm_solver_20_steps": SOLVER,
    "guided_throughout": {**SOLVER, "guidance": BEST["guidance"]},
    "guided_in_interval": BEST,
}
"""Ways for a table on fewer samples, most of them without guidance."""


def measure(model: Diffusion, settings: Any, count: int) -> measures.Metrics:
    """Measures samples, fewer of other ways to draw them, and an inversion.

    Args:
        model: The model.
        settings: What it was trained by.
        count: Number of samples.

    Returns:
        As `measures.samples_and_ways` of `WAYS` and `BEST`; and the mean
        absolute difference of test images, in [-1, 1], from what comes back
        of their noise, beside that of their mean.
    """
    if settings.features is None:
        return {}
    found = measures.samples_and_ways(model, settings, count, *_ways(model))
    return found | _inversion_error(model, settings)


def _ways(model):
    """Those that are guided need classes."""
    if model.num_classes is not None:
        return WAYS, BEST
    return {k: v for k, v in WAYS.items() if "guidance" not in v}, SOLVER


def _inversion_error(model, settings):
    labelled = model.num_classes is not None
    test = test_images(
        settings.data, settings.size, settings.channels, labelled=labelled
    )
    if test is None:
        return {}
    batch = next(iter(test)) if labelled else (next(iter(test)),)
    images, *labels = (x[:INVERTED].numpy() for x in batch)
    labels = labels[0] if labelled else None
    noise = model.invert(images, steps=50, labels=labels)
    back = model.generate_from(noise, steps=50, labels=labels)
    return {
        f"inversion_error_{len(images)}": {
            "value": float(np.abs(back - images).mean()),
            "of_the_mean_image": float(
                np.abs(images - images.mean(axis=0)).mean()
            ),
            "steps": 50,
        }
    }


# CIFAR-10.
PAPER = Paper(size=32, batch_size=128, flip=True, steps=800_000)

# The paper's network would need days on two cores. Patches make the maps a
# quarter as large; a network that predicts images leaves no pattern of them. By
# the loss of v it learns what the noisiest images are to become, labels among
# it; the bound keeps the least noisy ones from taking over.
SMALL = {
    "blocks": 1,
    "dropout": 0.0,
    "schedule": "cosine",
    "attention": [],
    "patch_size": 2,
    "prediction": "x0",
    "loss_space": "v",
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
            "min_snr": 5.0,
            "channels": 24,
            "multipliers": [1, 2, 2],
            "ema_decay": 0.995,
        },
        optimizers=lambda updates: {
            "denoiser_optimizer": keras.optimizers.Adam(
                2e-3, global_clipnorm=1.0
            )
        },
        inputs=images_and_labels,
        measure=measure,
        paper=PAPER,
    ),
)

# The preset's first three epochs had the decay of a training of 10.
register_recipe(
    "diffusion_fashion_mnist",
    Recipe(
        model=Diffusion,
        data="fashion_mnist",
        size=32,
        batch_size=32,
        epochs=24,
        flip=False,
        arguments={
            **SMALL,
            "min_snr": 20.0,
            "channels": 64,
            "multipliers": [1, 2],
            "ema_decay": 0.9995,
        },
        optimizers=lambda updates: {
            "denoiser_optimizer": keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(
                    1e-3, updates["denoiser"]
                ),
                global_clipnorm=1.0,
            )
        },
        features="fashion_mnist",
        inputs=images_and_labels,
        measure=measure,
        paper=PAPER,
    ),
)
