"""Samples of a model, drawn to be measured."""

from collections.abc import Iterator
from typing import Any

import numpy as np

_CHUNK = 1000  # Images in memory at a time, however many are drawn.


def draw_samples(
    model: Any, count: int, seed: int, batch_size: int = 64, **generate: Any
) -> Iterator[np.ndarray | tuple[np.ndarray, np.ndarray]]:
    """Yields a model's samples.

    Args:
        model: A `GenerativeModel`; its averaged weights are used where it
            keeps them.
        count: Number of samples.
        seed: Seed of them all.
        batch_size: Images per forward pass.
        **generate: Further arguments for the model's `generate`.

    Yields:
        Up to 1,000 images at a time, so that memory does not grow with their
        number; of a model with labels, a tuple of them and their labels, all
        classes in turn.

    Raises:
        ValueError: A model that draws no images, but translates some, or
            draws shapes.
    """
    check_draws_images(model)
    seeds = np.random.SeedSequence(seed)
    for start in range(0, count, _CHUNK):
        (child,) = seeds.spawn(1)
        number = min(_CHUNK, count - start)
        labels = {}
        if getattr(model, "num_classes", None):
            positions = np.arange(start, start + number)
            labels = {"labels": positions % model.num_classes}
        images = model.generate(
            number,
            seed=int(child.generate_state(1)[0]),
            batch_size=batch_size,
            **(labels | generate),
        )
        yield (images, labels["labels"]) if labels else images


def check_draws_images(model: Any) -> None:
    """Raises unless a model draws images that metrics can measure.

    Args:
        model: A `GenerativeModel`.

    Raises:
        ValueError: It translates or enlarges images, or draws shapes.
    """
    name = type(model).__name__
    if not hasattr(model, "generate"):
        raise ValueError(
            "Expected a model with `generate`; what one with `translate` "
            "or `upscale` makes is to be evaluated as images (on the command "
            f"line, --images). Received: {name}"
        )
    if tuple(getattr(model, "image_range", (-1, 1))) != (-1, 1):
        raise ValueError(
            "Expected a model that draws images; shapes are measured by "
            f"zoo.metrics.coverage_and_matching. Received: {name}"
        )
