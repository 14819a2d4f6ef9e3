"""From images back to noise, and between images by way of it."""

import numpy as np

from zoo import batches, checks, samplers
from zoo.models.denoising import DenoisingModel
from zoo.noise import NoiseStreams, slerp


class InvertingModel(DenoisingModel):
    """A denoising model that also runs backwards."""

    def invert(
        self,
        images,
        steps=50,
        labels=None,
        guidance=1.0,
        iterations=3,
        batch_size=64,
        spacing="trailing",
        verbose="auto",
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

        Returns:
            float32 array of the shape of `images`, for `generate_from` with
            the same steps, labels, guidance and spacing.

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
    ):
        iterations = checks.positive_integer("iterations", iterations)
        times = self.schedule.sampling_times(steps, spacing)
        plan = samplers.ddim_inverse(self.schedule, times)
        guidance = self._guidance(guidance)

        def run(index):
            return self._loop().invert(
                plan,
                images[index],
                None if labels is None else labels[index],
                guidance,
                iterations,
            )

        return self._in_batches(
            run, len(images), batch_size, plan.steps, verbose
        )[-1]

    def interpolate(
        self, images_a, images_b, count=8, steps=50, labels=None, **sampling
    ):
        """Blends pairs of images by way of their noise.

        Args:
            images_a: `(pairs, height, width, channels)` in [-1, 1].
            images_b: What they are to become, the same shape.
            count: Images per pair, the two ends included.
            steps: Steps of inverting, and of generating by DDIM.
            labels: As of `generate`, one per pair; `None` for no label.
            **sampling: `guidance`, `batch_size`, `spacing` and `verbose`, as
                of `generate`.

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
