"""The loop from noise to images, compiled where the backend compiles."""

import numpy as np
from keras import ops

from zoo import backend
from zoo.diffusion import samplers
from zoo.diffusion.predictions import split

CHUNK = 25
"""Steps per call of the compiled loop: few enough for a progress bar and for
the memory that their noise takes, many enough for Python not to matter."""


class DenoisingLoop:
    """Runs samplers' plans over a network.

    Compiled once for each batch size and combination of options, for any
    number of steps.

    Args:
        network: Maps `[images, times]`, or with classes `[images, times,
            labels]`, to predictions.
        kind: What it predicts: see `zoo.diffusion.predictions`.
        no_label: The label that means none, or `None` without classes.
        told: Column of `Plan.table` that the network knows the noise by: 0
            for times, 1 for signal rates.
    """

    def __init__(self, network, kind, no_label=None, told=0):
        self.network = network
        self.kind = kind
        self.no_label = no_label
        self.told = told
        self._forward = backend.compiled(self._sample, network.variables)
        self._backward = backend.compiled(self._invert, network.variables)

    def sample(
        self,
        plan,
        x,
        guidance,
        draw=None,
        labels=None,
        limit=np.inf,
        known=None,
        every=CHUNK,
    ):
        """Goes from noise to images.

        Args:
            plan: A `zoo.samplers.Plan`.
            x: Noise, `(batch, height, width, channels)`.
            guidance: Factor of the difference that the labels make, at each
                step, `(steps,)`; where it is 1, the network is asked once.
            draw: Function of a number of steps that returns new noise
                `(steps, *x.shape)`; needed where the plan is random, and with
                `known`.
            labels: int32 `(batch,)`, or `None` without classes.
            limit: Where `x_0` is cut.
            known: Pair of images, shape of `x`, and a mask `(batch, height,
                width, 1)` that is true where they are *not* known.
            every: Steps until images are yielded.

        Yields:
            Pairs of the number of steps done and the images, a tensor.
        """
        if known is not None:
            # After a step, known pixels are as noisy as the next asks for.
            later = (
                np.append(plan.signal[1:], 1),
                np.append(plan.sigma[1:], 0),
            )
            rates = np.stack(later, axis=-1)
        before = np.zeros_like(x)
        for chunk, factor in _chunks(guidance, every):
            steps = chunk.stop - chunk.start
            noise, there = None, None
            if draw is not None:
                noise = _padded(draw(steps), every)
            if known is not None:
                there = (*known, _padded(rates[chunk], every))
            arguments = (
                _padded(plan.table[chunk], every), np.int32(steps), x, before,
                noise, labels, factor, limit, there,
            )  # fmt: skip
            x, before = self._forward(*_tensors(arguments))
            yield chunk.stop, x

    def invert(self, plan, x, guidance, labels=None, iterations=1):
        """Goes from images to the noise that they would be made of.

        Args:
            plan: A plan of `zoo.samplers.ddim_inverse`.
            x: Images, `(batch, height, width, channels)`.
            guidance: As for `sample`.
            labels: As for `sample`.
            iterations: Network calls per step.

        Yields:
            Pairs of the number of steps done and the noisier images.
        """
        for chunk, factor in _chunks(guidance, CHUNK):
            arguments = (
                _padded(plan.table[chunk], CHUNK),
                np.int32(chunk.stop - chunk.start),
                x, labels, factor, np.int32(iterations),
            )  # fmt: skip
            x = self._backward(*_tensors(arguments))
            yield chunk.stop, x

    def _predict(self, x, row, labels, guidance):
        told = ops.broadcast_to(row[self.told], (x.shape[0],))
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
        self, rows, steps, x, before, noise, labels, guidance, limit, known
    ):
        def step(i, state):
            x, before = state
            new = None if noise is None else noise[i]
            prediction = self._predict(x, rows[i], labels, guidance)
            x, before = samplers.step(
                rows[i], x, prediction, before, new, self.kind, limit
            )
            if known is not None:
                images, mask, rates = known
                noisy = rates[i, 0] * images + rates[i, 1] * new
                x = ops.where(mask, x, noisy)
            return x, before

        return ops.fori_loop(0, steps, step, (x, before))

    def _invert(self, rows, steps, x, labels, guidance, iterations):
        def step(i, x):
            _, signal, sigma, of_x, of_x0, of_eps, _, _ = ops.unstack(
                rows[i], 8
            )

            def refine(_, guess):
                prediction = self._predict(guess, rows[i], labels, guidance)
                x0, eps = split(prediction, guess, signal, sigma, self.kind)
                return of_x * x + of_x0 * x0 + of_eps * eps

            return ops.fori_loop(0, iterations, refine, x)

        return ops.fori_loop(0, steps, step, x)


def _chunks(factors, length):
    """Yields slices of steps, and the factor of each or, for 1, `None`."""
    start = 0
    for stop in range(1, len(factors) + 1):
        full = stop in (len(factors), start + length)
        if full or factors[stop] != factors[start]:
            factor = factors[start]
            yield slice(start, stop), None if factor == 1 else factor
            start = stop


def _padded(rows, length):
    """Fills up with zeros, so that one shape is compiled for all chunks."""
    missing = length - len(rows)
    return np.pad(rows, [(0, missing)] + [(0, 0)] * (np.ndim(rows) - 1))


def _tensors(arguments):
    """Converts what is not `None`; Python's floats are float32."""
    if isinstance(arguments, tuple):
        return tuple(map(_tensors, arguments))
    if arguments is None or ops.is_tensor(arguments):
        return arguments
    array = np.asarray(arguments)
    if array.dtype == "float64":
        array = array.astype("float32")
    return ops.convert_to_tensor(array)
