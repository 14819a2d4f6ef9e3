"""3D-GAN on seats and tables: in minutes, and in half an hour."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from zoo import siblings
from zoo.metrics import coverage_and_matching
from zoo.models.gan3d.model import GAN3D
from zoo.recipes.inputs import Inputs, fitting
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import Paper, Recipe, register_recipe
from zoo.utils.files import cache_directory

FURNITURE = "furniture:chair,armchair,stool,bench,sofa,couch,table"
PASSES = 16  # Over so few shapes, until an epoch is worth a grid of samples.


def voxels(settings: Any) -> Inputs:
    """Makes batches of voxels, by `pipelines.voxels`.

    Furniture leaves each fifth piece out, for `measure`. Voxels are kept in
    Keras' cache, since reading meshes takes long.

    Args:
        settings: A `zoo.recipes.settings.Settings`; `size` is the
            resolution, and `flip` mirrors a random half of the shapes.

    Returns:
        The data, and `resolution`.
    """
    split = "train" if _is_furniture(settings) else "all"
    make = functools.partial(
        _pipeline,
        settings,
        split,
        mirror=settings.flip,
        passes=PASSES,
        shuffle_seed=settings.seed,
    )
    data = fitting(make, settings.batch_size)
    return Inputs(data, {"resolution": settings.size})


def measure(model: GAN3D, settings: Any, count: int) -> dict[str, dict]:
    """Measures as many samples as there are held-out shapes, against these.

    Beside them stand as many shapes of the training set, the best that could
    be hoped for, and noise: voxels that are each occupied as often as in the
    training set, and independent.

    Args:
        model: The model.
        settings: What it was trained by.
        count: Not used: there are as many samples as held-out shapes.

    Returns:
        Value and context of each metric, by its full name; none where the
        data have no held-out shapes.
    """
    if not _is_furniture(settings):
        return {}
    train, test = (
        np.concatenate(
            [
                np.asarray(x)
                for x in _pipeline(settings, split, 1, shuffle=False)
            ]
        )
        for split in ("train", "test")
    )
    random = np.random.default_rng(0)
    noise = random.random(test.shape) < train.mean(axis=0)
    chosen = random.choice(len(train), min(len(test), len(train)), False)
    made = model.generate(len(test), seed=0)
    values = {
        "value": coverage_and_matching(test, made),
        "of_noise": coverage_and_matching(test, noise),
        "of_training_shapes": coverage_and_matching(test, train[chosen]),
    }
    names = "coverage_iou", "minimum_matching_distance_iou"
    return {
        f"{name}_{len(test)}": {k: v[i] for k, v in values.items()}
        for i, name in enumerate(names)
    }


def _is_furniture(settings):
    return settings.data.partition(":")[0] == "furniture"


def _pipeline(settings, split, batch_size, **options):
    cache: Any = True
    if _is_furniture(settings):
        words = "".join(c if c.isalnum() else "-" for c in settings.data)
        name = f"{words}-{split}-{settings.size}.npy"
        cache = cache_directory() / "voxels" / name
    return siblings.pipelines.voxels(
        settings.data,
        settings.size,
        batch_size,
        split=split,
        cache=cache,
        on_error="skip",
        **options,
    )


# The paper's width, batch and rates are for thousands of shapes and days of
# training. With batch statistics the discriminator soon knows so few shapes by
# heart; the R1 penalty in their place keeps the two level, and the gate stands
# open more often. Latents whose mean is not 0, and shapes judged one by one,
# end in a single shape within an epoch.
LEVEL = {
    "latent_dim": 64,
    "batch_norm": "generator",
    "penalty": "r1",
    "penalty_weight": 1.0,
    "prior": "normal",
    "minibatch": "stddev",
}


def adam(updates: Mapping[str, int]) -> dict[str, keras.optimizers.Optimizer]:
    """Returns Adam at rates that fall to 0.

    Args:
        updates: Updates of each player in the whole training; the rate of a
            discriminator that the gate holds back does not fall as far.
    """
    return falling_adam(updates, beta_1=0.0, generator=1e-3, discriminator=1e-3)


RECIPE = Recipe(
    model=GAN3D,
    data=FURNITURE,
    size=32,
    batch_size=32,
    epochs=15,
    flip=True,
    arguments={**LEVEL, "filters": 8, "ema_decay": 0.99},
    optimizers=adam,
    inputs=voxels,
    measure=measure,
    paper=Paper(64, 100, flip=False),
)
register_recipe("gan3d", RECIPE)

register_recipe(
    "gan3d_furniture",
    dataclasses.replace(
        RECIPE,
        epochs=75,
        arguments={**LEVEL, "filters": 16, "ema_decay": 0.998},
    ),
)
