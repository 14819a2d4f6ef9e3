"""Drawing images: methods of `zoo.Diffusion`, in a file of their own."""

# ruff: noqa: D417  `self` is a model, as in any of its methods.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.diffusion.loop import CHUNK
from zoo.diffusion.samplers import Sampler
from zoo.diffusion.sampling import Sampling, chosen
from zoo.engine.labels import labels_to_generate
from zoo.models.diffusion.running import (
    Run,
    as_images,
    labels_or_none,
    loop_of,
)
from zoo.utils import checks
from zoo.utils.noise_streams import NoiseStreams

if TYPE_CHECKING:
    from zoo.models.diffusion.model import Diffusion

Images = np.ndarray | tuple[np.ndarray, np.ndarray]
"""Images, or images and the path to them."""


def generate(
    self: Diffusion,
    count: int | None = None,
    steps: int | None = Sampling.steps,
    sampler: str | Sampler = Sampling.sampler,
    guidance: float = Sampling.guidance,
    labels: Any = None,
    seed: int | None = None,
    eta: float = Sampling.eta,
    batch_size: int = Run.batch_size,
    spacing: str = Sampling.spacing,
    clip: bool = Sampling.clip,
    return_trajectory: bool = False,
    verbose: bool | int | str = Run.verbose,
    guidance_interval: tuple[float, float] | None = Sampling.guidance_interval,
    sampling: Sampling | None = None,
    latents: Any = None,
) -> Images:
    """Draws images.

    Args:
        count: Number of images; by default that of `latents`.
        steps: Times at which the network is asked, at most the schedule's; by
            default 50, or all where there are fewer.
        sampler: `"ddim"`, `"ddpm"` (ancestral, for many steps), `"ddpm_large"`
            (the same, with the paper's larger variance for CIFAR-10),
            `"dpm_solver"` (second order, for 10 to 20 steps), or a
            `zoo.samplers.Sampler`.
        guidance: Weight w of `eps(none) + w (eps(label) - eps(none))`: 1 is
            the model as it is, more is truer to the label and less diverse
            (Ho and Salimans 2022, arXiv:2207.12598).
        labels: Integers `(count,)` or names of `class_names`, or one for all;
            `None` takes all classes in turn. Only with `num_classes`.
        seed: Integer that fixes all noise, the same on every backend; `None`
            draws new noise each time.
        eta: Share of DDIM's noise that is new, in [0, 1].
        batch_size: Images per forward pass.
        spacing: `"trailing"`, `"leading"` or `"linspace"`: which times.
        clip: Whether estimates of the image are cut at [-1, 1].
        return_trajectory: Whether to return also the noisy images of each
            step.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        guidance_interval: Pair of the least and the largest noise rate over
            signal rate, in [0, infinity], between which guidance is used;
            elsewhere it is 1, and the network is asked once. `None` guides
            throughout (Kynkäänniemi et al. 2024, arXiv:2404.07724).
        sampling: A `zoo.Sampling`, in place of the arguments that it holds:
            `steps`, `sampler`, `guidance`, `guidance_interval`, `eta`,
            `spacing` and `clip`.
        latents: Noise to start from in place of drawn noise, such as `latents`
            of the model draws, `(count, height, width, channels)`; `seed` then
            fixes the noise alone that samplers add.

    Returns:
        float32 array `(count, height, width, channels)` in [-1, 1]; with
        `return_trajectory` a tuple of it and the path to it, float32 `(steps
        + 1, count, height, width, channels)`, from noise to images.

    Raises:
        ValueError: An argument out of its range, labels or guidance for a
            model without classes, or latents of another shape or number.
    """
    if latents is not None:
        latents = checks.given_latents(latents, self.image_shape, count)
        count = len(latents)
    count = checks.positive_integer("count", count)
    sampling = chosen(
        sampling,
        Sampling(),
        steps=steps,
        sampler=sampler,
        guidance=guidance,
        guidance_interval=guidance_interval,
        eta=eta,
        spacing=spacing,
        clip=clip,
    )
    labels = labels_to_generate(
        self.numbers_of(labels), count, self.num_classes
    )
    streams = NoiseStreams(seed, count, self.image_shape)
    start = streams.start()  # Drawn in any case: further noise follows it.
    run = Run(batch_size, verbose)
    return denoised(
        self,
        start if latents is None else latents,
        labels,
        streams,
        sampling,
        run,
        return_trajectory,
    )


def latents(self: Diffusion, count: int, seed: int | None = None) -> np.ndarray:
    """Draws the noise that `generate` starts from.

    Args:
        count: Number of images.
        seed: Integer that fixes it, the same on every backend; `None` draws
            new noise each time.

    Returns:
        float32 array `(count, height, width, channels)` from N(0, 1).

    Raises:
        ValueError: `count` is not a positive integer.
    """
    count = checks.positive_integer("count", count)
    return NoiseStreams(seed, count, self.image_shape).start()


def generate_from(
    self: Diffusion,
    noise: Any,
    labels: Any = None,
    seed: int | None = None,
    *,
    batch_size: int = Run.batch_size,
    return_trajectory: bool = False,
    verbose: bool | int | str = Run.verbose,
    sampling: Sampling | None = None,
    **fields: Any,
) -> Images:
    """Makes images of given noise, such as that of `invert`.

    Args:
        noise: `(count, height, width, channels)`.
        labels: Integers `(count,)` or names of `class_names`, or one for all;
            `None` for no label.
        seed: Integer that fixes the noise that samplers add; `None` adds new
            noise each time.
        batch_size: Images per forward pass.
        return_trajectory: Whether to return also the noisy images of each
            step.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        sampling: A `zoo.Sampling`, which says how; or else
        **fields: its fields, such as `steps=20`.

    Returns:
        float32 array of the shape of `noise`, in [-1, 1]; with
        `return_trajectory` a tuple of it and the path to it, float32 `(steps
        + 1, count, height, width, channels)`, from noise to images.

    Raises:
        ValueError: An argument out of its range, labels or guidance for a
            model without classes, or noise of another shape.
        TypeError: There is no such field.
    """
    sampling = chosen(sampling, Sampling(), **fields)
    noise = as_images(self, "noise", noise)
    labels = labels_or_none(self, labels, len(noise))
    streams = NoiseStreams(seed, len(noise), self.image_shape)
    run = Run(batch_size, verbose)
    return denoised(
        self, noise, labels, streams, sampling, run, return_trajectory
    )


def preview_arguments(self: Diffusion) -> dict[str, Any]:
    """Returns arguments of `generate` for a quick look: 10 steps."""
    steps = min(10, self.schedule.steps)
    return {"steps": steps, "sampler": "dpm_solver", "verbose": 0}


def denoised(
    model: Diffusion,
    start: np.ndarray,
    labels: np.ndarray | None,
    streams: NoiseStreams,
    sampling: Sampling,
    run: Run,
    return_trajectory: bool = False,
    known: tuple[np.ndarray, np.ndarray] | None = None,
    first: int = 0,
) -> Images:
    """Goes from noise to images, for all that is checked.

    Args:
        model: The model.
        start: Noise, `(count, height, width, channels)`.
        labels: int32 `(count,)`, or `None` without classes.
        streams: What further noise is drawn from.
        sampling: How the images are drawn.
        run: How the work is done.
        return_trajectory: Whether to return also the path.
        known: Pair of images and a mask `(count, height, width, 1)` that is
            true where they are *not* known.
        first: Steps that are left out, for a start that is less noisy.

    Returns:
        Images, and with `return_trajectory` the path to them.
    """
    loop = loop_of(model, sampling)

    def work(index):
        def draw(steps):
            images = slice(index[0], index[-1] + 1)
            return streams.draw(images, steps)[:, index - index[0]]

        return loop.sample(
            sampling,
            start[index],
            draw if sampling.method.is_random or known else None,
            None if labels is None else labels[index],
            known=known and (known[0][index], known[1][index]),
            every=1 if return_trajectory else CHUNK,
            first=first,
        )

    steps = len(sampling.times(model.schedule)) - first
    path = run.in_batches(work, len(start), steps, return_trajectory)
    if return_trajectory:
        return path[-1], np.concatenate([start[None], path])
    return path[-1]
