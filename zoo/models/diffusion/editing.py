"""Completing and denoising images: methods of `zoo.Diffusion`, in a file."""

# ruff: noqa: D417  `self` is a model, as in any of its methods.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo import backend
from zoo.diffusion.predictions import split
from zoo.diffusion.samplers import Sampler
from zoo.diffusion.sampling import Sampling, chosen
from zoo.engine import batches
from zoo.models.diffusion.running import Run, as_images, labels_or_none
from zoo.models.diffusion.sampling import Images, denoised
from zoo.utils import checks
from zoo.utils.noise_streams import NoiseStreams

if TYPE_CHECKING:
    from zoo.models.diffusion.model import Diffusion

INPAINTING = Sampling(sampler="ddpm")


def inpaint(
    self: Diffusion,
    images: Any,
    mask: Any,
    labels: Any = None,
    seed: int | None = None,
    sampler: str | Sampler = INPAINTING.sampler,
    *,
    batch_size: int = Run.batch_size,
    return_trajectory: bool = False,
    verbose: bool | int | str = Run.verbose,
    sampling: Sampling | None = None,
    **fields: Any,
) -> Images:
    """Fills in parts of images that fit the rest.

    At each step the known pixels are those of the images, as noisy as the step
    asks for: Lugmayr et al. 2022, arXiv:2201.09865, equation 8, without its
    resampling.

    Args:
        images: `(count, height, width, channels)` in [-1, 1].
        mask: `(height, width)` or `(count, height, width)`, or with a last
            axis of 1: true, or not 0, where pixels are to be made.
        labels: Integers `(count,)` or names of `class_names`, or one for all;
            `None` for no label.
        seed: Integer that fixes all noise, the same on every backend; `None`
            draws new noise each time.
        sampler: `"ddpm"` fits in best, since new noise at each step lets parts
            agree; and more steps fit better. Or `"ddim"`, `"dpm_solver"`, or a
            `zoo.samplers.Sampler`.
        batch_size: Images per forward pass.
        return_trajectory: Whether to return also the noisy images of each
            step.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        sampling: A `zoo.Sampling`, in place of `sampler` and `fields`.
        **fields: Fields of `zoo.Sampling`, such as `steps=100`.

    Returns:
        float32 array of the shape of `images`, whose known pixels are exactly
        those of `images`; with `return_trajectory` a tuple of it and the path
        to it, float32 `(steps + 1, count, height, width, channels)`.

    Raises:
        ValueError: An argument out of its range, or images or a mask that do
            not fit.
        TypeError: There is no such field.
    """
    sampling = chosen(sampling, INPAINTING, sampler=sampler, **fields)
    batches.check_images(images, self.image_shape)
    images = as_images(self, "images", images)
    mask = _checked_mask(mask, images.shape)
    labels = labels_or_none(self, labels, len(images))
    streams = NoiseStreams(seed, len(images), self.image_shape)
    return denoised(
        self,
        streams.start(),
        labels,
        streams,
        sampling,
        Run(batch_size, verbose),
        return_trajectory,
        known=(images, mask),
    )


def image_to_image(
    self: Diffusion,
    images: Any,
    strength: float = 0.5,
    labels: Any = None,
    seed: int | None = None,
    *,
    batch_size: int = Run.batch_size,
    return_trajectory: bool = False,
    verbose: bool | int | str = Run.verbose,
    sampling: Sampling | None = None,
    **fields: Any,
) -> Images:
    """Makes images that resemble given ones, such as of a drawing a photo.

    Noise is put on the images as if a part of the steps had been done, and
    the others are taken from there: SDEdit, Meng et al. 2022,
    arXiv:2108.01073.

    Args:
        images: `(count, height, width, channels)` in [-1, 1].
        strength: Share of the steps that are taken, in (0, 1]: what little
            changes are for, up to 1, which leaves next to nothing.
        labels: Integers `(count,)`, or one for all; `None` for no label.
        seed: Integer that fixes all noise, the same on every backend; `None`
            draws new noise each time.
        batch_size: Images per forward pass.
        return_trajectory: Whether to return also the noisy images of each
            step.
        verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
            terminal when it takes long.
        sampling: A `zoo.Sampling`, which says how; or else
        **fields: its fields, such as `steps=100`, of which a share is taken.

    Returns:
        float32 array of the shape of `images`, in [-1, 1]; with
        `return_trajectory` a tuple of it and the path to it, float32 `(steps
        + 1, count, height, width, channels)`, from noisy images on.

    Raises:
        ValueError: An argument out of its range, or images that do not fit.
        TypeError: There is no such field.
    """
    sampling = chosen(sampling, Sampling(), **fields)
    checks.positive_share("strength", strength)
    batches.check_images(images, self.image_shape)
    images = as_images(self, "images", images)
    labels = labels_or_none(self, labels, len(images))
    streams = NoiseStreams(seed, len(images), self.image_shape)
    times = sampling.times(self.schedule)
    first = len(times) - max(1, round(strength * len(times)))
    start = self.schedule.add_noise(images, streams.start(), times[first])
    return denoised(
        self,
        start.astype("float32"),
        labels,
        streams,
        sampling,
        Run(batch_size, verbose),
        return_trajectory,
        first=first,
    )


def denoise(
    self: Diffusion,
    images: Any,
    times: Any = None,
    alpha: Any = None,
    labels: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Tells noise from image, once.

    Args:
        images: Noisy images `x_t`, `(count, height, width, channels)`.
        times: Their times, one for all or `(count,)`, may be fractional; or
            else
        alpha: their signal's share of the variance, in [0, 1].
        labels: Integers `(count,)` or names of `class_names`, or one for all;
            `None` for no label.

    Returns:
        Tuple of the estimates of `x_0` and of `eps`, float32 of the shape of
        `images`; the network predicts one of them, or v, and the other
        follows.

    Raises:
        ValueError: Neither or both of times and alpha, or one out of its
            range.
    """
    if (times is None) == (alpha is None):
        raise ValueError(
            "Expected `times` or `alpha`, and not both. "
            f"Received: times={times}, alpha={alpha}"
        )
    images = as_images(self, "images", images)
    last = self.schedule.steps - 1
    if times is None:
        times = self.schedule.time_of(alpha)
    if np.min(times) < 0 or np.max(times) > last:
        raise ValueError(
            f"Argument `times` must be in [0, {last}], and `alpha` in "
            f"{self.schedule.alpha([last, 0])}. "
            f"Received: times={times}, alpha={alpha}"
        )
    times = np.broadcast_to(np.asarray(times, "float64"), len(images))
    inputs = [images, self.task.told(times).astype("float32")]
    labels = labels_or_none(self, labels, len(images))
    inputs += [] if labels is None else [labels]
    backend.sync_state(self)
    prediction = self.predict(inputs, verbose=0)
    signal, sigma = (
        rate(times).astype("float32")[:, None, None, None]
        for rate in (self.schedule.signal_rate, self.schedule.noise_rate)
    )
    return split(prediction, images, signal, sigma, self.prediction)


def _checked_mask(mask, shape):
    """Returns a mask `(count, height, width, 1)` for images of a shape."""
    mask, expected = np.asarray(mask) != 0, shape[:-1]
    plain = (expected, expected[1:])
    if mask.shape not in (*plain, *((*x, 1) for x in plain)):
        raise ValueError(
            f"Argument `mask` must have shape {expected[1:]} or {expected}, "
            f"or 1 as a further axis. Received: shape={mask.shape}"
        )
    if mask.shape in plain:
        mask = mask[..., None]
    return np.broadcast_to(mask, (*expected, 1))
