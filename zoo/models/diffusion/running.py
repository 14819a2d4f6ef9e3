"""What drawing and changing images share: batches, the loop, checks."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from zoo import backend
from zoo.diffusion.loop import DenoisingLoop
from zoo.diffusion.sampling import Sampling
from zoo.engine.labels import labels_to_generate
from zoo.utils import checks

if TYPE_CHECKING:
    from zoo.models.diffusion.model import Diffusion

LONG = 200
"""Network calls from which on a progress bar is shown."""

Frames = Iterator[tuple[int, Any]]
"""Pairs of the number of steps done and the images as they are by then."""


@dataclasses.dataclass(frozen=True)
class Run:
    """How work is done, whatever comes of it.

    Args:
        batch_size: Images per forward pass.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.

    Raises:
        ValueError: `batch_size` is not a positive integer.
    """

    batch_size: int = 64
    verbose: bool | int | str = "auto"

    def __post_init__(self) -> None:
        checks.positive_integer("batch_size", self.batch_size)

    def in_batches(
        self,
        work: Callable[[np.ndarray], Frames],
        count: int,
        steps: int,
        keep_all: bool = False,
    ) -> np.ndarray:
        """Returns what becomes of all images.

        Args:
            work: Function of the indices of a batch.
            count: Number of images.
            steps: Number of steps that `work` takes.
            keep_all: Whether to return each of its frames, not the last alone.

        Returns:
            float32 array `(frames, count, ...)`.
        """
        size = min(self.batch_size, count)
        starts = range(0, count, size)
        bar = self._bar(steps * len(starts))
        paths = []
        for number, start in enumerate(starts):
            # The last batch is filled up, so that one graph is compiled.
            index = np.minimum(np.arange(start, start + size), count - 1)
            path = []
            for done, x in work(index):
                frame = keras.ops.convert_to_numpy(x)
                path = [*path, frame] if keep_all else [frame]
                bar(number * steps + done)
            paths.append(path)
        return np.concatenate(paths, axis=1)[:, :count]

    def _bar(self, calls):
        """Returns a function that is told how much is done."""
        shown = self.verbose
        if shown == "auto":
            shown = calls >= LONG and sys.stdout.isatty()
        if not shown:
            return lambda done: None
        return keras.utils.Progbar(calls, unit_name="step").update


def loop_of(model: Diffusion, sampling: Sampling) -> DenoisingLoop:
    """Returns the loop over the network that generates, made once.

    Args:
        model: The model.
        sampling: What it is needed for.

    Raises:
        ValueError: Guidance, but the network knows no "no label".
    """
    if sampling.guidance != 1 and not (
        model.num_classes and model.label_dropout
    ):
        raise ValueError(
            "Argument `guidance` needs a model with `num_classes` that was "
            f"trained with `label_dropout`. Received: "
            f"guidance={sampling.guidance}, num_classes={model.num_classes}, "
            f"label_dropout={model.label_dropout}"
        )
    backend.sync_state(model)
    if model.compiled_loop is None:
        model.compiled_loop = DenoisingLoop(
            model.network("denoiser"), model.task, no_label=model.num_classes
        )
    return model.compiled_loop


def labels_or_none(
    model: Diffusion, labels: Any, count: int
) -> np.ndarray | None:
    """Returns one label per image, where `None` means no label.

    Args:
        model: The model.
        labels: Integers `(count,)` or names of `class_names`, or one for all,
            or `None`.
        count: Number of images.

    Returns:
        int32 array `(count,)`; `None` for a model without classes.

    Raises:
        ValueError: Labels that are not valid, or `None` for a network that
            knows no "no label".
    """
    labels = model.numbers_of(labels)
    if labels is not None or model.num_classes is None:
        return labels_to_generate(labels, count, model.num_classes)
    if not model.label_dropout:
        raise ValueError(
            "Argument `labels` is needed by a model that was trained without "
            "`label_dropout`. Received: labels=None"
        )
    return np.full(count, model.num_classes, "int32")


def as_images(model: Diffusion, name: str, images: Any) -> np.ndarray:
    """Returns images as float32, if they have the model's shape.

    Args:
        model: The model.
        name: Argument's name, for the error.
        images: `(count, height, width, channels)`.

    Raises:
        ValueError: They have another shape.
    """
    images = np.asarray(keras.ops.convert_to_numpy(images), "float32")
    if images.ndim != 4 or images.shape[1:] != model.image_shape:
        raise ValueError(
            f"Argument `{name}` must have shape (count, "
            f"{', '.join(map(str, model.image_shape))}). "
            f"Received: shape={images.shape}"
        )
    return images
