"""Generating by removing noise, whatever the network and the schedule."""

import sys

import keras
import numpy as np

from zoo import backend
from zoo.diffusion import samplers
from zoo.diffusion.loop import CHUNK, DenoisingLoop
from zoo.engine.generative_model import GenerativeModel
from zoo.engine.labels import labels_to_generate, pictures_by_label
from zoo.utils import checks
from zoo.utils.noise import NoiseStreams

LONG = 200
"""Network calls from which on a progress bar is shown."""


class DenoisingModel(GenerativeModel):
    """A model whose `denoiser` tells noise from image at every noise level.

    A subclass sets `image_shape`, `num_classes` (or `None`), `label_dropout`,
    `schedule` (a `zoo.schedules.Schedule`), `prediction` (see
    `zoo.diffusion.predictions`) and `time_input`, and builds `denoiser`.
    """

    inference_networks = ("denoiser",)

    _compiled_loop = None

    @property
    def grid_rows(self):
        """Rows of a grid of `pictures`: one for each label, if there are."""
        return min(self.num_classes or 8, 10)

    def pictures(self, count, seed=None, inputs=None, **arguments):
        """Makes pictures for a grid: the same noise in a row per label."""
        if self.num_classes is None:
            return self.generate(count, seed=seed, **arguments)
        return pictures_by_label(self, count, seed, **arguments)

    def preview_arguments(self):
        """Returns arguments of `generate` for a quick look: 10 steps."""
        steps = min(10, self.schedule.steps)
        return {"steps": steps, "sampler": "dpm_solver", "verbose": 0}

    def generate(
        self,
        count,
        steps=None,
        sampler="ddim",
        guidance=1.0,
        labels=None,
        seed=None,
        eta=0.0,
        batch_size=64,
        spacing="trailing",
        clip=True,
        return_trajectory=False,
        verbose="auto",
        guidance_interval=None,
    ):
        """Draws images.

        Args:
            count: Number of images.
            steps: Times at which the network is asked, at most the
                schedule's; by default 50, or all where there are fewer.
            sampler: `"ddim"`, `"ddpm"` (ancestral, for many steps) or
                `"dpm_solver"` (second order, for 10 to 20 steps).
            guidance: Weight w of `eps(none) + w (eps(label) - eps(none))`: 1
                is the model as it is, more is truer to the label and less
                diverse (Ho and Salimans 2022, arXiv:2207.12598).
            labels: Integers `(count,)`, or one for all; `None` takes all
                classes in turn. Only with `num_classes`.
            seed: Integer that fixes all noise, the same on every backend;
                `None` draws new noise each time.
            eta: Share of DDIM's noise that is new, in [0, 1].
            batch_size: Images per forward pass.
            spacing: `"trailing"`, `"leading"` or `"linspace"`: which times.
            clip: Whether estimates of the image are cut at [-1, 1].
            return_trajectory: Whether to return also the noisy images of
                each step.
            verbose: 1 for a progress bar, 0 for none, `"auto"` for one on a
                terminal when it takes long.
            guidance_interval: Pair of the least and the largest noise rate
                over signal rate, both in [0, infinity], between which guidance
                is used, so that it neither narrows what the noisiest images
                become nor exaggerates details; elsewhere it is 1, and the
                network is asked once. `None` guides throughout (Kynkäänniemi
                et al. 2024, arXiv:2404.07724).

        Returns:
            float32 array `(count, height, width, channels)` in [-1, 1]; with
            `return_trajectory` a tuple of it and the path to it, float32
            `(steps + 1, count, height, width, channels)`, from noise to
            images.

        Raises:
            ValueError: An argument out of its range, labels or guidance for
                a model without classes.
        """
        count = checks.positive_integer("count", count)
        labels = labels_to_generate(labels, count, self.num_classes)
        streams = NoiseStreams(seed, count, self.image_shape)
        return self._sample(
            streams.start(),
            labels,
            streams,
            steps=steps,
            sampler=sampler,
            guidance=guidance,
            eta=eta,
            batch_size=batch_size,
            spacing=spacing,
            clip=clip,
            return_trajectory=return_trajectory,
            verbose=verbose,
            guidance_interval=guidance_interval,
        )

    def generate_from(self, noise, labels=None, seed=None, **sampling):
        """Makes images of given noise, such as that of `invert`.

        Args:
            noise: `(count, height, width, channels)`.
            labels: As of `generate`; `None` for no label.
            seed: Seed of noise that samplers add.
            **sampling: Further arguments of `generate`.

        Returns:
            As `generate`.

        Raises:
            ValueError: As `generate`, or noise of another shape.
        """
        noise = self._arrays("noise", noise)
        labels = self._labels_or_none(labels, len(noise))
        streams = NoiseStreams(seed, len(noise), self.image_shape)
        return self._sample(noise, labels, streams, **sampling)

    # How

    def _told(self, times):
        """What the network is told of the noise at some times."""
        if self.time_input == "signal_rate":
            return self.schedule.signal_rate(times)
        return np.asarray(times)

    def _loop(self):
        if self._compiled_loop is None:
            self._compiled_loop = DenoisingLoop(
                self.network("denoiser"),
                self.prediction,
                no_label=self.num_classes,
                told=0 if self.time_input == "step" else 1,
            )
        return self._compiled_loop

    def _sample(
        self,
        start,
        labels,
        streams,
        *,
        steps=None,
        sampler="ddim",
        guidance=1.0,
        eta=0.0,
        batch_size=64,
        spacing="trailing",
        clip=True,
        return_trajectory=False,
        verbose="auto",
        guidance_interval=None,
        known=None,
    ):
        times = self._times(steps, spacing)
        plan = samplers.get(sampler, self.schedule, times, eta)
        factors = self._guidance(guidance, guidance_interval, plan)
        options = {
            "limit": 1.0 if clip else np.inf,
            "every": 1 if return_trajectory else CHUNK,
        }

        def run(index):
            def draw(steps):
                images = slice(index[0], index[-1] + 1)
                return streams.draw(images, steps)[:, index - index[0]]

            return self._loop().sample(
                plan,
                start[index],
                factors,
                draw if plan.is_random or known else None,
                None if labels is None else labels[index],
                known=known and tuple(x[index] for x in known),
                **options,
            )

        path = self._in_batches(
            run, len(start), batch_size, plan.steps, verbose, return_trajectory
        )
        if return_trajectory:
            return path[-1], np.concatenate([start[None], path])
        return path[-1]

    def _in_batches(
        self, run, count, batch_size, steps, verbose, keep_all=False
    ):
        """Returns what `run` yields, `(frames, count, ...)`."""
        backend.sync_state(self)
        size = min(checks.positive_integer("batch_size", batch_size), count)
        starts = range(0, count, size)
        bar = _progress_bar(steps * len(starts), verbose)
        paths = []
        for number, start in enumerate(starts):
            # The last batch is filled up, so that one graph is compiled.
            index = np.minimum(np.arange(start, start + size), count - 1)
            path = []
            for done, x in run(index):
                frame = keras.ops.convert_to_numpy(x)
                path = [*path, frame] if keep_all else [frame]
                bar(number * steps + done)
            paths.append(path)
        return np.concatenate(paths, axis=1)[:, :count]

    def _times(self, steps, spacing):
        if steps is None:
            steps = min(50, self.schedule.steps)
        return self.schedule.sampling_times(steps, spacing)

    def _guidance(self, guidance, interval, plan):
        """Returns the factor of each step of a plan, `(steps,)`."""
        if not np.isfinite(guidance):
            raise ValueError(
                "Argument `guidance` must be a finite number. "
                f"Received: guidance={guidance}"
            )
        low, high = _checked_interval(interval)
        if guidance == 1:
            return np.ones(plan.steps)
        if self.num_classes is None or not self.label_dropout:
            raise ValueError(
                "Argument `guidance` needs a model with `num_classes` that "
                "was trained with `label_dropout`. Received: "
                f"guidance={guidance}, num_classes={self.num_classes}, "
                f"label_dropout={self.label_dropout}"
            )
        with np.errstate(divide="ignore"):  # The last time may be all noise.
            noise = plan.sigma / plan.signal
        return np.where((low <= noise) & (noise <= high), guidance, 1.0)

    def _labels_or_none(self, labels, count):
        """Returns one label per image, where `None` means no label."""
        if labels is not None or self.num_classes is None:
            return labels_to_generate(labels, count, self.num_classes)
        if not self.label_dropout:
            raise ValueError(
                "Argument `labels` is needed by a model that was trained "
                "without `label_dropout`. Received: labels=None"
            )
        return np.full(count, self.num_classes, "int32")

    def _arrays(self, name, images):
        images = np.asarray(keras.ops.convert_to_numpy(images), "float32")
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"Argument `{name}` must have shape (count, "
                f"{', '.join(map(str, self.image_shape))}). "
                f"Received: shape={images.shape}"
            )
        return images


def _checked_interval(interval):
    """Returns the ends of an interval of guidance; `None` is all of it."""
    ends = (0.0, np.inf) if interval is None else np.ravel(interval)
    if len(ends) != 2 or not 0 <= ends[0] <= ends[1]:
        raise ValueError(
            "Argument `guidance_interval` must be a pair of rising numbers, "
            f"0 or more. Received: guidance_interval={interval}"
        )
    return ends


def _progress_bar(calls, verbose):
    """Returns a function that is told how much is done."""
    if verbose == "auto":
        verbose = calls >= LONG and sys.stdout.isatty()
    if not verbose:
        return lambda done: None
    return keras.utils.Progbar(calls, unit_name="step").update
