"""Images by way of their noise: methods of `zoo.Diffusion`, in a file."""

# ruff: noqa: D417  `self` is a model, as in any of its methods.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.diffusion.samplers import DDIM
from zoo.diffusion.sampling import Sampling, chosen
from zoo.engine import batches
from zoo.latent import slerp
from zoo.models.diffusion.running import (
    Run,
    as_images,
    labels_or_none,
    loop_of,
)
from zoo.models.diffusion.sampling import denoised
from zoo.utils import checks
from zoo.utils.noise_streams import NoiseStreams

if TYPE_CHECKING:
    from zoo.models.diffusion.model import Diffusion

ITERATIONS = 3


def invert(
    self: Diffusion,
    images: Any,
    steps: int | None = Sampling.steps,
    labels: Any = None,
    guidance: float = Sampling.guidance,
    iterations: int = ITERATIONS,
    *,
    batch_size: int = Run.batch_size,
    verbose: bool | int | str = Run.verbose,
    sampling: Sampling | None = None,
    **fields: Any,
) -> np.ndarray:
    """Finds the noise of which DDIM makes given images.

    Each step solves DDIM's equation for its start by fixed-point iteration;
    with one iteration it is the inversion of Song et al. 2020,
    arXiv:2010.02502, section 4.3. Estimates of the image are not cut.

    Args:
        images: `(count, height, width, channels)` in [-1, 1].
        steps: Steps, as many as the images are to be made in again.
        labels: Integers `(count,)` or names of `class_names`, or one for all;
            `None` for no label.
        guidance: Weight of what the label changes; 1 is the model as it is.
        iterations: Network calls per step.
        batch_size: Images per forward pass.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        sampling: A `zoo.Sampling` by DDIM without new noise, in place of
            `steps`, `guidance` and `fields`.
        **fields: Fields of `zoo.Sampling`: `guidance_interval`, `spacing`.

    Returns:
        float32 array of the shape of `images`, for `generate_from` with the
        same sampling and labels.

    Raises:
        ValueError: An argument out of its range, or another sampler.
        TypeError: There is no such field.
    """
    sampling = chosen(
        sampling, Sampling(), steps=steps, guidance=guidance, **fields
    )
    batches.check_images(images, self.image_shape)
    images = as_images(self, "images", images)
    labels = labels_or_none(self, labels, len(images))
    run = Run(batch_size, verbose)
    return _noise_of(self, images, labels, sampling, run, iterations)


def _noise_of(model, images, labels, sampling, run, iterations=ITERATIONS):
    iterations = checks.positive_integer("iterations", iterations)
    if sampling.method != DDIM():
        raise ValueError(
            'Argument `sampler` must be "ddim", and `eta` 0, so that noise can '
            f"be found. Received: sampler={sampling.sampler!r}, "
            f"eta={sampling.eta}"
        )
    loop = loop_of(model, sampling)

    def work(index):
        of_batch = None if labels is None else labels[index]
        return loop.invert(sampling, images[index], of_batch, iterations)

    steps = len(sampling.times(model.schedule))
    return run.in_batches(work, len(images), steps)[-1]


def interpolate(
    self: Diffusion,
    images_a: Any,
    images_b: Any,
    count: int = 8,
    steps: int | None = Sampling.steps,
    labels: Any = None,
    *,
    batch_size: int = Run.batch_size,
    verbose: bool | int | str = Run.verbose,
    sampling: Sampling | None = None,
    **fields: Any,
) -> np.ndarray:
    """Blends pairs of images by way of their noise.

    Args:
        images_a: `(pairs, height, width, channels)` in [-1, 1].
        images_b: What they are to become, the same shape.
        count: Images per pair, the two ends included.
        steps: Steps of inverting, and of generating by DDIM.
        labels: Integers `(pairs,)` or names of `class_names`, or one for all;
            `None` for no label.
        batch_size: Images per forward pass.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        sampling: A `zoo.Sampling` by DDIM without new noise, in place of
            `steps` and `fields`.
        **fields: Fields of `zoo.Sampling`: `guidance`, `guidance_interval`,
            `spacing`, `clip`.

    Returns:
        float32 array `(pairs, count, height, width, channels)`.

    Raises:
        ValueError: An argument out of its range, or another sampler.
        TypeError: There is no such field.
    """
    count = checks.positive_integer("count", count)
    sampling = chosen(sampling, Sampling(), steps=steps, **fields)
    run = Run(batch_size, verbose)
    images_a = as_images(self, "images_a", images_a)
    images_b = as_images(self, "images_b", images_b)
    if len(images_a) != len(images_b):
        raise ValueError(
            "Arguments `images_a` and `images_b` must hold as many images. "
            f"Received: {len(images_a)} and {len(images_b)}"
        )
    ends = np.concatenate([images_a, images_b])
    batches.check_images(ends, self.image_shape)
    labels = labels_or_none(self, labels, len(images_a))
    twice = None if labels is None else np.tile(labels, 2)
    noise = _noise_of(self, ends, twice, sampling, run)
    shares = np.linspace(0, 1, count)
    a, b = np.split(noise, 2)
    noise = np.stack([slerp(a, b, share) for share in shares], axis=1)
    made = denoised(
        self,
        noise.reshape(-1, *self.image_shape),
        None if labels is None else labels.repeat(count),
        NoiseStreams(0, 0, self.image_shape),  # DDIM adds none.
        sampling,
        run,
    )
    return np.reshape(made, noise.shape)
