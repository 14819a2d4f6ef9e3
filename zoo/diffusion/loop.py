"""The loop from noise to images, compiled where the backend compiles."""

import types
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo import backend
from zoo.diffusion.predictions import split
from zoo.diffusion.samplers import InverseDDIM, Sampler
from zoo.diffusion.sampling import Sampling
from zoo.diffusion.task import Task

CHUNK = 25
"""Steps per call of the compiled loop: few enough for a progress bar and for
the memory that their noise takes, many enough for Python not to matter."""


class DenoisingLoop:
    """Runs samplers over a network.

    Compiled once for each kind of sampler, batch size and combination of
    options, for any number of steps.

    Args:
        network: Maps `[images, told]`, or with classes `[images, told,
            labels]`, to predictions.
        task: What it has learned.
        no_label: The label that means none, or `None` without classes.
    """

    def __init__(
        self,
        network: Any,
        task: Task,
        no_label: int | None = None,
    ):
        self.network = network
        self.task = task
        self.schedule = task.schedule
        self.kind = task.prediction
        self.no_label = no_label
        self._compiled = {}

    def sample(
        self,
        sampling: Sampling,
        x: Any,
        draw: Callable[[int], Any] | None = None,
        labels: Any = None,
        known: tuple[Any, Any] | None = None,
        every: int = CHUNK,
        first: int = 0,
    ) -> Iterator[tuple[int, Any]]:
        """Goes from noise to images.

        Args:
            sampling: How.
            x: Noise, `(batch, height, width, channels)`.
            draw: Function of a number of steps that returns new noise
                `(steps, *x.shape)`; needed where the sampler is random, and
                with `known`.
            labels: int32 `(batch,)`, or `None` without classes.
            known: Pair of images, shape of `x`, and a mask `(batch, height,
                width, 1)` that is true where they are *not* known.
            every: Steps until images are yielded.
            first: Steps that are left out at the start.

        Yields:
            Pairs of the number of steps done and the images, a tensor.
        """
        t, s = _steps(sampling.times(self.schedule)[first:])
        rates = self._rates(sampling.method, t, s)
        run = self._compile(self._sample, type(sampling.method))
        before = np.zeros_like(x)
        for chunk, guidance in self._chunks(sampling, t, every):
            steps = chunk.stop - chunk.start
            noise = None if draw is None else _padded(draw(steps), every)
            arguments = (
                _part(rates, chunk, every), np.int32(steps), x, before, noise,
                labels, guidance, sampling.limit, known,
            )  # fmt: skip
            x, before = run(*_tensors(arguments))
            yield chunk.stop, x

    def invert(
        self, sampling: Sampling, x: Any, labels: Any, iterations: int
    ) -> Iterator[tuple[int, Any]]:
        """Goes from images to the noise that DDIM would make them of.

        Args:
            sampling: How they would be made.
            x: Images, `(batch, height, width, channels)`.
            labels: int32 `(batch,)`, or `None` without classes.
            iterations: Network calls per step.

        Yields:
            Pairs of the number of steps done and the noisier images.
        """
        t, s = np.flip(_steps(sampling.times(self.schedule)), axis=1)
        rates = self._rates(InverseDDIM(), t, s)
        run = self._compile(self._invert, InverseDDIM)
        for chunk, guidance in self._chunks(sampling, t, CHUNK):
            arguments = (
                _part(rates, chunk, CHUNK),
                np.int32(chunk.stop - chunk.start),
                x, labels, guidance, np.int32(iterations),
            )  # fmt: skip
            x = run(*_tensors(arguments))
            yield chunk.stop, x

    # Compiled

    def _predict(self, x, told, labels, guidance):
        told = ops.broadcast_to(told, (x.shape[0],))
        if labels is None:
            return self.network([x, told], training=False)
        if guidance is None:
            return self.network([x, told, labels], training=False)
        # Ho and Salimans 2022, arXiv:2207.12598, equation 6, in one pass.
        nothing = ops.full_like(labels, self.no_label)
        pairs = [(x, x), (told, told), (labels, nothing)]
        both = self.network(
            [ops.concatenate(pair) for pair in pairs], training=False
        )
        given, without = ops.split(both, 2)
        return without + guidance * (given - without)

    def _sample(
        self, sampler, rates, steps, x, before, noise, labels, guidance, limit,
        known,
    ):  # fmt: skip
        def step(i, state):
            x, before = state
            at = _at(rates, i)
            z = 0.0 if noise is None else noise[i]
            said = self._predict(x, at.told, labels, guidance)
            x0, eps = split(said, x, at.signal_t, at.sigma_t, self.kind, limit)
            x = sampler.step(at, x, x0, eps, before, z)
            if known is not None:  # As noisy as the next step asks for.
                images, mask = known
                x = ops.where(mask, x, at.signal_s * images + at.sigma_s * z)
            return x, x0

        return ops.fori_loop(0, steps, step, (x, before))

    def _invert(self, sampler, rates, steps, x, labels, guidance, iterations):
        def step(i, x):
            at = _at(rates, i)

            def refine(_, guess):
                said = self._predict(guess, at.told, labels, guidance)
                x0, eps = split(said, guess, at.signal_t, at.sigma_t, self.kind)
                return sampler.step(at, x, x0, eps, 0.0, 0.0)

            return ops.fori_loop(0, iterations, refine, x)

        return ops.fori_loop(0, steps, step, x)

    # Around it

    def _compile(self, loop, sampler: type[Sampler]):
        # LoRA gives a network more variables than it was compiled with.
        key = sampler, len(self.network.variables)
        if key not in self._compiled:
            self._compiled[key] = backend.compiled(
                lambda *arguments: loop(sampler, *arguments),
                self.network.variables,
            )
        return self._compiled[key]

    def _rates(self, sampler, t, s):
        rates = sampler.rates(self.schedule, t, s)
        return {"told": self.task.told(t), **rates}

    def _chunks(self, sampling, times, length):
        """Yields slices of steps, and the guidance of each or, for 1, `None`.

        Within a slice the guidance is the same.
        """
        guidance = sampling.guidance_at(self.schedule, times)
        start = 0
        for stop in range(1, len(guidance) + 1):
            full = stop in (len(guidance), start + length)
            if full or guidance[stop] != guidance[start]:
                weight = guidance[start]
                yield slice(start, stop), None if weight == 1 else weight
                start = stop


def _steps(times):
    """Returns each time and the one after it; last comes the clean image."""
    times = np.asarray(times, "float64")
    return times, np.append(times[1:], -1.0)


def _part(rates, chunk, length):
    return {name: _padded(x[chunk], length) for name, x in rates.items()}


def _padded(rows, length):
    """Fills up with zeros, so that one shape is compiled for all chunks."""
    missing = length - len(rows)
    return np.pad(rows, [(0, missing)] + [(0, 0)] * (np.ndim(rows) - 1))


def _at(rates, i):
    """Returns the numbers of one step, by their names."""
    return types.SimpleNamespace(**{k: x[i] for k, x in rates.items()})


def _tensors(arguments) -> Any:
    return keras.tree.map_structure(_tensor, arguments)


def _tensor(value):
    """Converts what is not `None`; Python's floats are float32."""
    if value is None or ops.is_tensor(value):
        return value
    array = np.asarray(value)
    if array.dtype == "float64":
        array = array.astype("float32")
    return ops.convert_to_tensor(array)
