"""DCGAN on pictures of clothes: in minutes, and in an hour."""

import dataclasses
import functools

import keras

from zoo.models.gan.dcgan import DCGAN
from zoo.recipes import measures
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import Paper, Recipe, register_recipe

# Epochs as the authors' code.
PAPER = Paper(size=64, batch_size=128, flip=False, epochs=25)

# The paper's width and rates would need hours on two cores. A narrow network
# at a higher rate, with smoothed targets and averaged weights, needs minutes.
QUICK = Recipe(
    model=DCGAN,
    data="fashion_mnist_10k",
    size=32,
    batch_size=64,
    epochs=15,
    flip=False,
    arguments={"filters": 16, "label_smoothing": 0.1, "ema_decay": 0.99},
    optimizers=lambda updates: {
        "generator_optimizer": keras.optimizers.Adam(1e-3, beta_1=0.5),
        "discriminator_optimizer": keras.optimizers.Adam(1e-3, beta_1=0.5),
    },
    features="fashion_mnist",
    paper=PAPER,
)
register_recipe("dcgan", QUICK)


# With batch statistics the discriminator soon wins; the R1 penalty in their
# place keeps the two level. Few latents in clusters, and a generator that
# learns from the better images of a batch, keep kinds of clothes apart.
# The preset had 20 epochs of a schedule of 20, and then the last ten of this;
# distances in its log are at a temperature of 1.
LONG = Recipe(
    model=DCGAN,
    data="fashion_mnist",
    size=32,
    batch_size=32,
    epochs=30,
    flip=False,
    arguments={
        "latent_dim": 8,
        "clusters": 10,
        "filters": 48,
        "batch_norm": "generator",
        "minibatch": "stddev",
        "penalty": "r1",
        "penalty_weight": 1.0,
        "top_k": 0.59,
        "temperature": 0.9,
        "ema_decay": 0.999,
    },
    optimizers=lambda updates: falling_adam(
        updates, beta_1=0.0, generator=1e-3, discriminator=1e-3
    ),
    features="fashion_mnist",
    paper=PAPER,
)

WAYS = {f"temperature_{t}": {"temperature": t} for t in (0.9, 1.0, 0.8)}
"""How samples for a table of temperatures are drawn."""

register_recipe(
    "dcgan_fashion_mnist",
    dataclasses.replace(
        LONG, measure=functools.partial(measures.samples_and_ways, ways=WAYS)
    ),
)
