"""Super-resolution of photos by a factor of 4: SRResNet, then SRGAN."""

import collections
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image

from zoo import siblings
from zoo.metrics import perceptual_distance, psnr, ssim
from zoo.models.super_resolution.srgan import SRGAN
from zoo.models.super_resolution.srresnet import SRResNet
from zoo.models.super_resolution.super_resolution import SuperResolution
from zoo.recipes.inputs import Inputs, fitting
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import Paper, Recipe, register_recipe
from zoo.registry.loading import load_model
from zoo.utils.grids import from_uint8, to_uint8

WALLPAPERS = "desktop_photos"
SCALE = 4
RATE = 1e-3  # SRResNet's at first, ten times the paper's.
PREVIEW_SIZE = 40  # Of low images, in pixels.
PREVIEWS = 16

# Wallpapers are soft at their full size, and test photos a quarter as large.
SHRINK = 3


def pairs(settings: Any, crops: int, argument: str) -> Inputs:
    """Makes pairs of crops, and low images to look at.

    Args:
        settings: A `zoo.recipes.settings.Settings`.
        crops: Crops of each photo in an epoch.
        argument: What the model is told of the data: `"channels"` or
            `"crop_size"`.

    Returns:
        `Inputs`. Previews are windows of the held-out photos; where these are
        not installed, or not of as many channels, crops of other places.
    """
    make = functools.partial(
        siblings.pipelines.super_resolution,
        settings.data,
        settings.size,
        scale=settings.arguments.get("scale", SCALE),
        channels=settings.channels or 3,
        shrink=SHRINK if settings.data == WALLPAPERS else 1,
        on_error=settings.on_error,
    )
    whole = functools.partial(
        make,
        crops=crops,
        augment=settings.flip,
        shuffle_seed=settings.seed,
        cache=True,
    )
    data = fitting(whole, settings.batch_size)
    told = {"channels": settings.channels or 3, "crop_size": settings.size}
    try:
        preview = windows(siblings.pipelines.held_out_photos().values())
    except ImportError:
        preview = None
    if preview is None or told["channels"] != 3:
        others = make(PREVIEWS, crops=PREVIEWS, shuffle_seed=settings.seed + 1)
        preview = next(iter(others))[0].numpy()
    note = ""
    if argument == "channels":
        del told["crop_size"]
    elif settings.arguments.get("srresnet") is not None:
        del told["channels"]  # The SRResNet's.
    else:
        note = (
            "The generator has initial weights. The paper's are a trained "
            "SRResNet's: zoo train srresnet, then --set srresnet=DIR."
        )
    return Inputs(data, told, preview, note=note)


def windows(photos: Iterable[np.ndarray]) -> np.ndarray:
    """Returns windows of photos' low images, three of each.

    Args:
        photos: uint8 arrays `(height, width, 3)`.

    Returns:
        float32 `(16, size, size, 3)` in [-1, 1].
    """
    found = []
    for photo in photos:
        low = low_and_high(photo)[0]
        height, width = (n - PREVIEW_SIZE for n in low.shape[:2])
        for part in (1, 2, 3):
            top, left = height * part // 4, width * part // 4
            rows = slice(top, top + PREVIEW_SIZE)
            found.append(low[rows, left : left + PREVIEW_SIZE])
    return from_uint8(np.stack(found[:PREVIEWS]))


def low_and_high(
    photo: np.ndarray, scale: int = SCALE
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a photo's low image, and the part of it that this shows.

    Args:
        photo: uint8 `(height, width, 3)`.
        scale: How many times smaller the low image is.
    """
    height, width = (n // scale * scale for n in photo.shape[:2])
    high = photo[:height, :width]
    return siblings.pipelines.low_resolution(high, scale), high


def measure(
    model: SuperResolution, settings: Any, count: int
) -> dict[str, dict]:
    """Measures the six held-out photos, and bicubic enlargement beside.

    PSNR and SSIM as the papers: of 8-bit images, without a border as wide as
    the factor, on luma of BT.601 and on RGB. An SRGAN is also set beside the
    SRResNet that it started from, by the distance of VGG16-HED's features.

    Args:
        model: The model.
        settings: A `zoo.recipes.settings.Settings`.
        count: Not used.

    Returns:
        Value and context of each metric, by its full name: means over photos,
        and in `each` the values of all.
    """
    contenders = {"value": model}
    if "srresnet" in settings.arguments:
        contenders["srresnet"] = load_model(settings.arguments["srresnet"])
    photos = siblings.pipelines.held_out_photos()
    values = {
        name: collections.defaultdict(list) for name in _metrics(model.scale)
    }
    for photo in photos.values():
        low, high = low_and_high(photo, model.scale)
        for name, image in _enlarged(low, contenders, model.scale).items():
            for metric, function in _metrics(model.scale).items():
                (value,) = function(image[None], high[None])
                values[metric][name].append(float(value))
    return {
        metric: {
            **{name: float(np.mean(each)) for name, each in of.items()},
            "photos": ", ".join(photos),
            "each": of["value"],
        }
        for metric, of in values.items()
    }


def _enlarged(low, models, scale):
    size = low.shape[1] * scale, low.shape[0] * scale
    bicubic = Image.fromarray(low).resize(size, Image.Resampling.BICUBIC)
    made = {
        name: to_uint8(model.upscale(from_uint8(low)[None]))[0]
        for name, model in models.items()
    }
    return {**made, "bicubic": np.asarray(bicubic)}


def _metrics(scale):
    named = {
        f"{function.__name__}_{color}_x{scale}": functools.partial(
            function, color=color, crop_border=scale
        )
        for function in (psnr, ssim)
        for color in ("y", "rgb")
    }
    return named | {f"vgg16_hed_distance_x{scale}": perceptual_distance}


def srresnet_recipe(
    filters: int, blocks: int, crops: int, epochs: int
) -> Recipe:
    """Returns a recipe of 22 photos; the paper's size would need a GPU.

    So few steps are too few to learn to copy what is there already, and batch
    statistics of small batches change the colours.

    Args:
        filters: Channels of the network.
        blocks: Its residual blocks.
        crops: Crops of each photo in an epoch.
        epochs: Epochs.
    """
    return Recipe(
        model=SRResNet,
        data=WALLPAPERS,
        size=96,
        batch_size=16,
        epochs=epochs,
        flip=True,
        arguments={
            "filters": filters,
            "blocks": blocks,
            "batch_norm": False,
            "global_skip": True,
            "ema_decay": 0.999,
        },
        optimizers=lambda updates: falling_adam(updates, generator=RATE),
        inputs=functools.partial(pairs, crops=crops, argument="channels"),
        measure=measure,
        paper=Paper(96, 16, flip=True, steps=1_000_000),
    )


def srgan(srresnet: Any = None, **arguments: Any) -> SRGAN:
    """Makes an SRGAN, as it is or to go on from an SRResNet.

    Args:
        srresnet: What `SRGAN.from_srresnet` takes, or `None`.
        **arguments: Further arguments of the class.
    """
    if srresnet is None:
        return SRGAN(**arguments)
    return SRGAN.from_srresnet(srresnet, **arguments)


def srgan_recipe(srresnet: str, crops: int, epochs: int) -> Recipe:
    """Returns a recipe that goes on from a preset of SRResNet.

    So small a generator makes a pattern of what deep features ask for; those
    of the second block see it.

    Args:
        srresnet: Name of the preset.
        crops: Crops of each photo in an epoch.
        epochs: Epochs.
    """
    return Recipe(
        model=srgan,
        data=WALLPAPERS,
        size=96,
        batch_size=8,
        epochs=epochs,
        flip=True,
        arguments={
            "srresnet": srresnet,
            "content": "vgg16_hed",
            "content_layer": "block2_conv2",
            "discriminator_filters": 12,
            "ema_decay": 0.995,
        },
        optimizers=lambda updates: falling_adam(
            updates, generator=1e-4, discriminator=1e-4
        ),
        inputs=functools.partial(pairs, crops=crops, argument="crop_size"),
        measure=measure,
        # After an SRResNet, by `--set srresnet=DIR`.
        paper=Paper(96, 16, flip=True, steps=200_000),
    )


register_recipe("srresnet", srresnet_recipe(24, 4, crops=80, epochs=10))
register_recipe("srresnet_photos", srresnet_recipe(32, 8, crops=160, epochs=15))
register_recipe("srgan", srgan_recipe("srresnet_photos", crops=16, epochs=10))
register_recipe(
    "srgan_photos", srgan_recipe("srresnet_photos", crops=80, epochs=5)
)
