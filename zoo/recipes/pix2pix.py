"""Pix2Pix from relief to satellite pictures: in minutes, and in an hour."""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from zoo import metrics, siblings
from zoo.models.translation.pix2pix import Pix2Pix
from zoo.recipes import relief
from zoo.recipes.inputs import Inputs, fitting, two_sources
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import Paper, Recipe, get_recipe, register_recipe
from zoo.utils.grids import from_uint8, to_uint8

PREVIEW = 8 * Pix2Pix.plain_rows
"""Pairs for the grids of samples."""


def pairs(settings: Any) -> Inputs:
    """Makes batches of pairs, by `pipelines.paired_images`.

    Args:
        settings: A `zoo.recipes.settings.Settings`, whose `data` is
            `"relief_to_satellite"`; a folder of the two maps (see
            `zoo.recipes.relief`); a folder with the folders `source` and
            `target`; two sources with a comma between them; or anything that
            `pipelines.paired_images` takes.

    Returns:
        The data, `image_shape` and `source_channels`, and pairs side by side
        to look at: held-out ones of the maps, the first ones of other data.
    """
    options = {
        "image_size": settings.size,
        "channels": settings.channels,
        "shuffle_seed": settings.seed,
        "on_error": settings.on_error,
    }
    folder = maps_of(settings.data)
    if folder is None:
        source = test = _sides(settings.data)
    else:
        options["load_size"] = settings.size  # Tiles overlap, as crops would.
        maps = relief.read_maps(folder or None)
        source, test = (
            relief.tiles(*maps, settings.size, split)
            for split in ("train", "test")
        )
    make = functools.partial(siblings.pipelines.paired_images, source)
    data = fitting(
        lambda batch_size: make(
            batch_size=batch_size, flip=settings.flip, cache=True, **options
        ),
        settings.batch_size,
    )
    options |= {"load_size": settings.size, "batch_size": 1}
    shown = siblings.pipelines.paired_images(
        test, flip=False, shuffle=False, **options
    )
    arguments = {
        "image_shape": tuple(data.element_spec[1].shape[1:]),
        "source_channels": data.element_spec[0].shape[-1],
    }
    return Inputs(data, arguments, _preview(shown))


def maps_of(data: str) -> str | None:
    """Returns the folder of the two maps, "" for the package's.

    Args:
        data: `Settings.data`.

    Returns:
        A folder, or `None` for data of another kind.
    """
    if data == relief.DATA:
        return ""
    inside = [pathlib.Path(data) / name for name in relief.FILES]
    return data if all(path.is_file() for path in inside) else None


def _sides(data):
    sides = [pathlib.Path(data) / name for name in ("source", "target")]
    if all(side.is_dir() for side in sides):
        return sides
    if "," in data and not pathlib.Path(data).exists():
        return two_sources(data, "Pix2Pix")
    return data


def _preview(shown):
    """Pairs side by side, spread over the data, as many as fill a grid."""
    places = np.linspace(0, len(shown) - 1, PREVIEW).astype(int)
    chosen = {
        i: np.concatenate([x.numpy() for x in pair], axis=2)
        for i, pair in enumerate(shown)
        if i in set(places)
    }
    return np.concatenate([chosen[i] for i in places])


def measure(model: Any, settings: Any, count: int) -> dict[str, dict]:
    """Measures translations of held-out tiles against the satellite's.

    Args:
        model: A `zoo.Pix2Pix`.
        settings: What it was trained by.
        count: Most tiles to measure.

    Returns:
        L1 in grey levels and SSIM, each beside a copy of the relief, and the
        mean colour of each relief colour in the training tiles.
    """
    folder = maps_of(settings.data)
    if folder is None:
        return {}
    maps = relief.read_maps(folder or None)
    colours = relief.colours_by_relief(
        *relief.tiles(*maps, settings.size, "train")
    )
    source, target = relief.tiles(*maps, settings.size, "test")
    source, target = source[:count], target[:count]
    made = to_uint8(model.translate(from_uint8(source), seed=settings.seed))
    images = {
        "value": made,
        "of_input_copy": source,
        "of_mean_colour_by_relief": relief.painted(source, colours),
    }
    number = f"{len(target)}_test_tiles"
    return {
        f"l1_grey_levels_{number}": {
            name: float(np.abs(x.astype("float32") - target).mean())
            for name, x in images.items()
        },
        f"ssim_{number}": {
            name: float(metrics.ssim(x, target).mean())
            for name, x in images.items()
        },
    }


RESIZED = {"upsampling": "resize", "receptive_field": 34, "l1_weight": 50.0}


def adam(updates: Mapping[str, int]) -> dict[str, keras.optimizers.Optimizer]:
    """Returns the paper's Adam at higher rates, which fall to 0.

    Args:
        updates: Updates of each player in the whole training.
    """
    return falling_adam(updates, beta_1=0.5, generator=1e-3, discriminator=5e-4)


# The paper's 54 million numbers need days on two cores, and batches of one
# image leave half of them idle. A narrow generator bears a higher rate, and
# patches of half a tile's size see more of them than those of the paper.
# Mirrored tiles are lit from the other side, which keeps so few places from
# being learned by heart.
register_recipe(
    "pix2pix",
    Recipe(
        model=Pix2Pix,
        data=relief.DATA,
        size=64,
        batch_size=16,
        epochs=2,
        flip=True,
        arguments={**RESIZED, "filters": 8, "ema_decay": 0.99},
        optimizers=adam,
        inputs=pairs,
        measure=measure,
        paper=Paper(256, 1, flip=True, epochs=200),
    ),
)

register_recipe(
    "pix2pix_relief_to_satellite",
    dataclasses.replace(
        get_recipe("pix2pix"),
        epochs=5,
        arguments={**RESIZED, "filters": 16, "ema_decay": 0.998},
    ),
)
