"""What a denoising model can do with given images, besides training."""

import numpy as np

from zoo import backend
from zoo.diffusion import samplers
from zoo.diffusion.predictions import split
from zoo.engine import batches
from zoo.models.diffusion.sampling import DenoisingModel
from zoo.utils import checks
from zoo.utils.noise import NoiseStreams, slerp


class EditingModel(DenoisingModel):
    """A denoising model that inverts, blends, fills in and denoises images."""

    def invert(
        self,
        images,
        steps=None,
        labels=None,
        guidance=1.0,
        iterations=3,
        batch_size=64,
        spacing="trailing",
        verbose="auto",
        guidance_interval=None,
    ):
        """Finds the noise of which DDIM makes given images.

        Each step solves DDIM's equation for its start by fixed-point
        iteration; with one iteration it is the inversion of Song et al. 2020,
        section 4.3.

        Args:
            images: `(count, height, width, channels)` in [-1, 1].
            steps: Steps, as they are to be generated with.
            labels: As of `generate`; `None` for no label.
            guidance: As of `generate`.
            iterations: Network calls per step.
            batch_size: As of `generate`.
            spacing: As of `generate`.
            verbose: As of `generate`.
            guidance_interval: As of `generate`.

        Returns:
            float32 array of the shape of `images`, for `generate_from` with
            the same steps, labels, guidance, its interval and spacing.

        Raises:
            ValueError: An argument out of its range.
        """
        batches.check_images(images, self.image_shape)
        images = self._arrays("images", images)
        return self._invert(
            images,
            self._labels_or_none(labels, len(images)),
            steps=steps,
            guidance=guidance,
            iterations=iterations,
            batch_size=batch_size,
            spacing=spacing,
            verbose=verbose,
            guidance_interval=guidance_interval,
        )

    def _invert(
        self,
        images,
        labels,
        *,
        steps,
        guidance=1.0,
        iterations=3,
        batch_size=64,
        spacing="trailing",
        verbose="auto",
        guidance_interval=None,
    ):
        iterations = checks.positive_integer("iterations", iterations)
        times = self._times(steps, spacing)
        plan = samplers.ddim_inverse(self.schedule, times)
        factors = self._guidance(guidance, guidance_interval, plan)

        def run(index):
            return self._loop().invert(
                plan,
                images[index],
                factors,
                None if labels is None else labels[index],
                iterations,
            )

        return self._in_batches(
            run, len(images), batch_size, plan.steps, verbose
        )[-1]

    def interpolate(
        self, images_a, images_b, count=8, steps=None, labels=None, **sampling
    ):
        """Blends pairs of images by way of their noise.

        Args:
            images_a: `(pairs, height, width, channels)` in [-1, 1].
            images_b: What they are to become, the same shape.
            count: Images per pair, the two ends included.
            steps: Steps of inverting, and of generating by DDIM.
            labels: As of `generate`, one per pair; `None` for no label.
            **sampling: `guidance`, `guidance_interval`, `batch_size`,
                `spacing` and `verbose`, as of `generate`.

        Returns:
            float32 array `(pairs, count, height, width, channels)`.

        Raises:
            ValueError: An argument out of its range.
        """
        count = checks.positive_integer("count", count)
        images_a = self._arrays("images_a", images_a)
        images_b = self._arrays("images_b", images_b)
        if len(images_a) != len(images_b):
            raise ValueError(
                "Arguments `images_a` and `images_b` must hold as many images. "
                f"Received: {len(images_a)} and {len(images_b)}"
            )
        ends = np.concatenate([images_a, images_b])
        batches.check_images(ends, self.image_shape)
        labels = self._labels_or_none(labels, len(images_a))
        twice = None if labels is None else np.tile(labels, 2)
        noise = self._invert(ends, twice, steps=steps, **sampling)
        shares = np.linspace(0, 1, count)
        noise = np.stack([slerp(*np.split(noise, 2), x) for x in shares], 1)
        made = self._sample(
            noise.reshape(-1, *self.image_shape),
            None if labels is None else labels.repeat(count),
            NoiseStreams(0, 0, self.image_shape),  # DDIM adds none.
            steps=steps,
            **sampling,
        )
        return made.reshape(noise.shape)

    def inpaint(
        self,
        images,
        mask,
        labels=None,
        seed=None,
        sampler="ddpm",
        **sampling,
    ):
        """Fills in parts of images that fit the rest.

        At each step the known pixels are those of the images, as noisy as
        the step asks for: Lugmayr et al. 2022, arXiv:2201.09865, equation 8,
        without its resampling.

        Args:
            images: `(count, height, width, channels)` in [-1, 1].
            mask: `(height, width)` or `(count, height, width)`: true, or not
                0, where pixels are to be made.
            labels: As of `generate`; `None` for no label.
            seed: As of `generate`.
            sampler: As of `generate`. `"ddpm"` fits in best, since new noise
                at each step lets parts agree; and more steps fit better.
            **sampling: Further arguments of `generate`.

        Returns:
            As `generate`; known pixels are exactly those of `images`.

        Raises:
            ValueError: As `generate`, or images or a mask that do not fit.
        """
        batches.check_images(images, self.image_shape)
        images = self._arrays("images", images)
        mask, expected = np.asarray(mask) != 0, images.shape[:-1]
        if mask.shape not in (expected, expected[1:]):
            raise ValueError(
                f"Argument `mask` must have shape {expected[1:]} or "
                f"{expected}. Received: shape={mask.shape}"
            )
        mask = np.broadcast_to(mask, expected)[..., None]
        labels = self._labels_or_none(labels, len(images))
        streams = NoiseStreams(seed, len(images), self.image_shape)
        return self._sample(
            streams.start(),
            labels,
            streams,
            known=(images, mask),
            sampler=sampler,
            **sampling,
        )

    def denoise(self, images, times=None, alpha=None, labels=None):
        """Tells noise from image, once.

        Args:
            images: Noisy images `x_t`, `(count, height, width, channels)`.
            times: Their times, one for all or `(count,)`, may be fractional;
                or else
            alpha: their signal's share of the variance, in [0, 1].
            labels: As of `generate`; `None` for no label.

        Returns:
            Tuple of the estimates of `x_0` and of `eps`, float32 of the shape
            of `images`; the network predicts one of them, or v, and the other
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
        images = self._arrays("images", images)
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
        inputs = [images, self._told(times).astype("float32")]
        labels = self._labels_or_none(labels, len(images))
        inputs += [] if labels is None else [labels]
        backend.sync_state(self)
        prediction = self.predict(inputs, verbose=0)
        signal, sigma = (
            rate(times).astype("float32")[:, None, None, None]
            for rate in (self.schedule.signal_rate, self.schedule.noise_rate)
        )
        return split(prediction, images, signal, sigma, self.prediction)
