"""CycleGAN between two vendors' emoji: in minutes, and in the time it needs."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from zoo import siblings
from zoo.engine.learning_rates import LinearDecay
from zoo.metrics import Evaluator
from zoo.models.translation.cyclegan import CycleGAN
from zoo.recipes import inputs
from zoo.recipes.inputs import Inputs
from zoo.recipes.recipe import Paper, Recipe, get_recipe, register_recipe

PREVIEWS = 64
FEATURES = "efficientnet_lite0"


def unpaired_images(settings: Any) -> Inputs:
    """Makes batches of two domains, by `pipelines.unpaired_images`.

    Images are resized to an eighth more than their size, then cropped, as in
    the paper.

    Args:
        settings: A `zoo.recipes.settings.Settings`, whose `data` is two
            sources with a comma between them, such as `"horses,zebras"`.

    Returns:
        The data, `image_shape`, and images of domain A to translate: of its
        test split, where the source has one.
    """
    a, b = domains(settings.data)
    make = functools.partial(
        siblings.pipelines.unpaired_images,
        a,
        b,
        settings.size,
        load_size=settings.size + settings.size // 8,
        flip=settings.flip,
        channels=settings.channels,
        shuffle_seed=settings.seed,
        cache=True,
        on_error=settings.on_error,
    )
    data = inputs.fitting(make, settings.batch_size)
    shape = tuple(data.element_spec[0].shape[1:])
    images = test_images(a, settings)
    if images is None:
        images = _train_images(a, settings)
    every = max(1, len(images) // PREVIEWS)  # Of all parts of the source.
    return Inputs(data, {"image_shape": shape}, images[::every][:PREVIEWS])


def domains(data: str) -> list[str]:
    """Returns the two sources of `"a,b"`.

    Args:
        data: Two sources with a comma between them.

    Raises:
        ValueError: They are not two.
    """
    return inputs.two_sources(data, "CycleGAN")


def test_images(source: str, settings: Any) -> np.ndarray | None:
    """Returns a source's test images, or `None` where there is no such split.

    Args:
        source: Whatever `pipelines.images` takes.
        settings: A `zoo.recipes.settings.Settings`.

    Returns:
        float32 `(count, size, size, channels)` in [-1, 1].
    """
    images = inputs.test_images(source, settings.size, settings.channels)
    return None if images is None else _joined(images)


def _train_images(source, settings):
    images = inputs.all_images(
        source,
        settings.size,
        settings.channels,
        on_error=settings.on_error,
    )
    return _joined(images)


def _joined(batches):
    return np.concatenate([np.asarray(batch) for batch in batches])


def measure(model: CycleGAN, settings: Any, count: int) -> dict[str, dict]:
    """Measures translations, both ways, of test images where there are any.

    The Fréchet distance to the other domain's training images stands beside
    that of the images before they were translated and beside its floor, that
    of real test images; the cycle error, the mean absolute difference of
    images in [-1, 1] from what comes back, beside that of their mean.

    Args:
        model: A `zoo.CycleGAN`.
        settings: A `zoo.recipes.settings.Settings`.
        count: Most test images of a domain.

    Returns:
        Value and context of each metric, by its full name.
    """
    sources = domains(settings.data)
    train = [_train_images(source, settings) for source in sources]
    tests = [test_images(source, settings) for source in sources]
    metrics = {}
    for direction, source, target in (("a_to_b", 0, 1), ("b_to_a", 1, 0)):
        images, real = tests[source], tests[target]
        images = (train[source] if images is None else images)[:count]
        judge = Evaluator(
            ["fd"], FEATURES, train[target], len(images), cache=False
        )
        distance = judge.name("fd")
        values = {
            "value": model.translate(images, direction),
            "untranslated": images,
        }
        if real is not None and len(real) >= len(images):
            values["floor_of_real_test_images"] = real
        metrics[f"{distance}_{direction}"] = {
            name: judge.of_images(value)[distance]
            for name, value in values.items()
        }
        cycled = model.cycle(images, direction)
        metrics[f"cycle_error_{len(images)}_{direction}"] = {
            "value": _error(cycled, images),
            "of_the_mean_image": _error(images.mean(axis=0), images),
        }
    return metrics


def _error(images, others):
    return float(np.abs(images - others).mean())


def adam(rate: float, updates: Mapping[str, int]) -> dict:
    """Returns Adam for both players, whose rate falls in the second half.

    Args:
        rate: The rate of the first half.
        updates: Updates of each player in the whole training.
    """
    return {
        f"{player}_optimizer": keras.optimizers.Adam(
            LinearDecay(rate, count // 2, count - count // 2), beta_1=0.5
        )
        for player, count in updates.items()
    }


# The paper's networks would need a day on two cores. These have a tenth of
# its parameters, at a higher rate for larger batches, and average weights.
EMOJI = "noto_emoji,twemoji"
RATE = 1e-3

register_recipe(
    "cyclegan",
    Recipe(
        model=CycleGAN,
        data=EMOJI,
        size=32,
        batch_size=4,
        epochs=3,
        flip=False,
        arguments={
            "filters": 16,
            "blocks": 3,
            "receptive_field": 34,
            "upsampling": "resize",
            "ema_decay": 0.99,
        },
        optimizers=functools.partial(adam, RATE),
        inputs=unpaired_images,
        measure=measure,
        paper=Paper(256, 1, flip=True, epochs=200),
    ),
)

register_recipe(
    "cyclegan_emoji",
    dataclasses.replace(
        get_recipe("cyclegan"),
        size=64,
        epochs=10,
        arguments={
            "filters": 24,
            "blocks": 4,
            "receptive_field": 34,
            "upsampling": "resize",
            "ema_decay": 0.999,
        },
        optimizers=functools.partial(adam, 5e-4),
    ),
)
