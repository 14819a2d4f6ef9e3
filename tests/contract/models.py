"""The models of the contract, a line for each of them, and how they train.

A line has the class, arguments that make a tiny model, what makes data for it,
and how a trained one is used. All that `tests/contract` asks of models is then
asked of it.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import pytest
from support.tiny_gan import everything

import zoo

EAGER = keras.backend.backend() != "jax"
"""Whether a few steps are quicker as they are than compiled.

JAX compiles each operation of them by itself.
"""

BATCH = 4
COUNT = 9
"""Two whole batches, and a last one of a single image."""


# Data


def _uniform(count: int, *shape: int, low: float = -1.0) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.uniform(low, 1, (count, *shape)).astype("float32")


def images(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise images in [-1, 1], of 16 pixels."""
    return (_uniform(count, 16, 16, 1),)


def labelled(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise images of 16 pixels, and their labels."""
    return (*images(count), np.arange(count, dtype="int32") % 3)


def small_labelled(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise images of 8 pixels, and their labels."""
    return _uniform(count, 8, 8, 1), labelled(count)[1]


def voxels(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise in [0, 1], of 8 voxels a side."""
    return (_uniform(count, 8, 8, 8, 1, low=0.0),)


def pairs(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise images of 16 pixels, and those they are to become."""
    (source,) = images(count)
    return source, -source[:, ::-1]


def enlargements(count: int) -> tuple[np.ndarray, ...]:
    """Returns noise images of 8 pixels, and the same in 16."""
    low = _uniform(count, 8, 8, 1)
    return low, low.repeat(2, axis=1).repeat(2, axis=2)


# Use


def generated(model: Any, count: int) -> np.ndarray:
    """Returns what the model makes of a seed."""
    return model.generate(count, seed=0)


def denoised(model: Any, count: int) -> np.ndarray:
    """Returns what the model makes of a seed, in few steps, guided."""
    return model.generate(count, seed=0, steps=3, guidance=2.0, verbose=0)


def translated(model: Any, count: int) -> np.ndarray:
    """Returns what becomes of images."""
    return model.translate(*images(count))


def translated_by_seed(model: Any, count: int) -> np.ndarray:
    """Returns what becomes of images with the noise of a seed."""
    return model.translate(*images(count), seed=0)


def upscaled(model: Any, count: int) -> np.ndarray:
    """Returns enlarged images."""
    return model.upscale(enlargements(count)[0])


# The table


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the contract needs to know of a model.

    Attributes:
        cls: The class.
        arguments: What makes a model that trains in milliseconds.
        data: Function of a count; gives a tuple of arrays to train on.
        use: Function of a model and a count; gives float32 of what it makes.
        exact: Further arguments, with which a step has no noise but what the
            model draws by `sample_latents` and `sample_noise`, nor statistics
            of a batch, so that halves of a batch make up the whole; `None` if
            there are none.
    """

    cls: type[zoo.GenerativeModel]
    arguments: dict[str, Any]
    data: Callable[[int], tuple[np.ndarray, ...]]
    use: Callable[[Any, int], np.ndarray]
    exact: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.cls.__name__

    def make(self, **arguments: Any) -> Any:
        """Returns a new model of weights that a seed gives, not compiled."""
        keras.utils.set_random_seed(0)
        return self.cls(**(self.arguments | arguments))

    def fit(self, model: Any, count: int = COUNT) -> dict:
        """Trains by so many images, in their order; returns the logs."""
        arguments = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
        return model.fit(*self.data(count), **arguments).history


SIZE = {"image_shape": (16, 16, 1), "ema_decay": 0.5}
GAN = {**SIZE, "latent_dim": 4, "filters": 2}
CRITIC = {**GAN, "critic_steps": 2}
CLASSED_GAN = {**GAN, "num_classes": 3}
VOLUMES = {"resolution": 8, "latent_dim": 4, "filters": 2, "ema_decay": 0.5}
STYLES = {**VOLUMES, "channels": 1, "mapping_layers": 1, "num_classes": 3}
PATCHES = {**SIZE, "filters": 2, "receptive_field": 16}
CYCLES = {**PATCHES, "blocks": 1, "pool_size": 2}
SCALE = {"scale": 2, "filters": 2, "blocks": 1, "channels": 1, "ema_decay": 0.5}
CROPS = {**SCALE, "content": "mse", "crop_size": 16, "discriminator_filters": 1}
UNET = {"channels": 4, "multipliers": (1,), "blocks": 1, "attention": ()}
CLASSED_UNET = {**SIZE, **UNET, "patch_size": 4, "num_classes": 3}

PLAIN = {"batch_norm": False}
CLIPPED = {"batch_norm": False, "clip": 0.1}
INSTANCE = {"normalization": "instance", "dropout": 0.0}
UNTOLD = {"dropout": 0.0, "label_dropout": 0.0}

TABLE = (
    Entry(zoo.DCGAN, GAN, images, generated, exact=PLAIN),
    Entry(zoo.ConditionalGAN, CLASSED_GAN, labelled, generated, exact=PLAIN),
    Entry(zoo.WGANGP, CRITIC, images, generated, exact=CLIPPED),
    Entry(zoo.StyleGAN, STYLES | {"grow": False}, small_labelled, generated),
    Entry(zoo.GAN3D, VOLUMES, voxels, generated),
    Entry(zoo.Pix2Pix, PATCHES, pairs, translated_by_seed, exact=INSTANCE),
    Entry(zoo.CycleGAN, CYCLES, pairs, translated, exact={"pool_size": 0}),
    Entry(zoo.SRResNet, SCALE, enlargements, upscaled, exact=PLAIN),
    Entry(zoo.SRGAN, CROPS, enlargements, upscaled),
    Entry(zoo.Diffusion, CLASSED_UNET, labelled, denoised, exact=UNTOLD),
)

MODELS = {entry.name: entry for entry in TABLE}

EXACT = [entry for entry in TABLE if entry.exact is not None]
"""Those of which a batch's step is the sum of its shares'."""

each_model = pytest.mark.parametrize("entry", TABLE, ids=list(MODELS))


# Training


def compile_small(model: Any, **options: Any) -> Any:
    """Compiles with optimizers that have state, but few operations."""
    optimizers = {
        f"{player}_optimizer": keras.optimizers.SGD(0.01, momentum=0.9)
        for player in model.players
    }
    model.compile(**optimizers, **options)
    return model


def quickly_trained(entry: Entry, **arguments: Any) -> Any:
    """Returns a model after a step, in the way that takes the least time."""
    model = compile_small(entry.make(**arguments), run_eagerly=EAGER)
    model.logs = entry.fit(model, BATCH)
    return model


def all_variables(model: Any) -> list[keras.Variable]:
    """Returns a model's variables in the order of `everything`."""
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
    ]


def restore(model: Any, state: dict[str, np.ndarray]) -> None:
    """Puts back what `everything` has returned."""
    for variable, value in zip(
        all_variables(model), state.values(), strict=True
    ):
        variable.assign(value)


def moved_since(model: Any, state: dict[str, np.ndarray]) -> set[int]:
    """Returns the ids of variables that are not as in `everything` before."""
    values = zip(state.values(), everything(model).values(), strict=True)
    return {
        id(variable)
        for variable, pair in zip(all_variables(model), values, strict=True)
        if not np.array_equal(*pair)
    }


def comparable(config: dict[str, Any]) -> dict[str, Any]:
    """Returns a config as it is after a file: tuples are lists there."""
    return json.loads(json.dumps(config))


def unequal(state: dict, expected: Iterable[np.ndarray]) -> list[str]:
    """Returns names of what is not equal to the last bit."""
    pairs = zip(state.items(), expected, strict=True)
    return [k for (k, x), y in pairs if not np.array_equal(x, y)]


def updates(model: Any) -> dict[str, int]:
    """Returns the number of updates that each player has had."""
    return {
        player: int(keras.ops.convert_to_numpy(member.iterations))
        for player, member in model.optimizer.members.items()
    }


def save_state(model: Any, path: Any) -> None:
    """Writes all state of a model but its metrics as an `.npz` file."""
    np.savez(path, *everything(model).values())


def read_state(path: Any) -> list[np.ndarray]:
    """Returns the arrays that `save_state` has written, in their order."""
    with np.load(path) as file:
        return [file[f"arr_{i}"] for i in range(len(file.files))]
