"""StyleGAN on pictures of clothes: in minutes, and in an hour."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from zoo.models.stylegan.model import StyleGAN
from zoo.recipes.inputs import Inputs, images, images_and_labels
from zoo.recipes.recipe import Paper, Recipe, get_recipe, register_recipe

RATE = 8e-3


def sized_images(settings: Any) -> Inputs:
    """Makes batches of images, by `zoo.recipes.images`.

    Args:
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        The data, with `resolution` and `channels`.
    """
    return _sized(images(settings))


def sized_labelled_images(settings: Any) -> Inputs:
    """Makes batches of images, with labels where the data have any.

    Args:
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        The data, with `resolution`, `channels` and maybe `num_classes`.
    """
    return _sized(images_and_labels(settings))


def _sized(made):
    arguments = dict(made.arguments)
    resolution, _, channels = arguments.pop("image_shape")
    arguments |= {"resolution": resolution, "channels": channels}
    return dataclasses.replace(made, arguments=arguments)


def adam(
    rates: Mapping[str, Any],
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns the paper's Adam, at other rates.

    Args:
        rates: Learning rate of each player, or a schedule of it.
    """
    return {
        f"{player}_optimizer": keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8
        )
        for player, rate in rates.items()
    }


def falling(
    updates: Mapping[str, int],
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns the same at a rate that falls to 0 along a cosine.

    Args:
        updates: Updates of each player in the whole training.
    """
    decay = keras.optimizers.schedules.CosineDecay
    return adam({name: decay(RATE, count) for name, count in updates.items()})


# The paper shows 25 million images at up to 1024 pixels; these are a fiftieth
# of that, of 32 pixels, where narrow networks, a weaker penalty and a shorter
# average go further. A higher rate makes up for some of the steps.
register_recipe(
    "stylegan",
    Recipe(
        model=StyleGAN,
        data="fashion_mnist_10k",
        size=32,
        batch_size=32,
        epochs=12,
        flip=False,
        arguments={
            "latent_dim": 64,
            "filters": 8,
            "max_filters": 64,
            "fade_images": 9_000,  # Less than an epoch's whole batches.
            "stable_images": 9_000,
            "penalty_weight": 0.5,
            "ema_decay": 0.995,
        },
        optimizers=lambda updates: adam(dict.fromkeys(updates, RATE)),
        features="fashion_mnist",
        inputs=sized_images,
        # 25 million images of FFHQ: appendix C.
        paper=Paper(1024, 32, flip=True, steps=25_000_000 // 32),
    ),
)

# An epoch at 8 pixels, one at 16, the others at 32.
register_recipe(
    "stylegan_fashion_mnist",
    dataclasses.replace(
        get_recipe("stylegan"),
        data="fashion_mnist",
        epochs=24,
        arguments={
            **get_recipe("stylegan").arguments,
            # Few latents, unmixed, of the classes that the labels say; the
            # generator learns from those of a batch that look most real.
            "latent_dim": 32,
            "style_mixing": 0.0,
            "top_k": 0.7,
            "penalty_weight": 1.0,
            "fade_images": 7_000,
            "stable_images": 7_000,
            "ema_decay": 0.999,
        },
        optimizers=falling,
        inputs=sized_labelled_images,
    ),
)
