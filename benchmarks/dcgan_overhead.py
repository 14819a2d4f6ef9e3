"""Cost of the zoo's DCGAN-64 step beside a loop written by hand.

Run once per backend, on a machine with nothing else to do:

    KERAS_BACKEND=jax python -m benchmarks.dcgan_overhead

Both train DCGAN at 64x64x3 in batches of 64 in one process, in turns, so that
a slow moment of the machine meets both. Prints the median seconds per step of
each and the median and the quartiles of the ratios of neighbouring turns.
"""

import argparse
import importlib
import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # For both sides.

import keras
import numpy as np

import zoo
from benchmarks import dcgan_spec as spec


def zoo_step(images):
    """Returns a function that runs one step as `model.fit` does."""
    model = zoo.DCGAN(IMAGE_SHAPE)
    adam = {
        f"{player}_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.5)
        for player in model.players
    }
    model.compile(**adam)
    return lambda: _fit(model, images)


IMAGE_SHAPE = (spec.IMAGE_SIZE, spec.IMAGE_SIZE, spec.CHANNELS)


class _Clock(keras.callbacks.Callback):
    """Times steps from the end of one to the end of the next."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        """Waits for the step and notes the time."""
        for value in logs.values():
            float(value)
        self.ends.append(time.perf_counter())


def _fit(model, images, steps=3):
    clock = _Clock()
    batch = keras.ops.convert_to_tensor(images)

    def forever():
        while True:
            yield (batch,)

    model.fit(
        forever(), steps_per_epoch=steps + 1, verbose=0, callbacks=[clock]
    )
    return list(np.diff(clock.ends))


def native_step(images):
    """Returns a function that runs steps of the loop written by hand."""
    name = keras.backend.backend()
    native = importlib.import_module(f"benchmarks.native_{name}")
    step = native.make_step(batch_size=len(images))

    def run(steps=3):
        step(images)
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            step(images)
            seconds.append(time.perf_counter() - start)
        return seconds

    return run


def main():
    """Runs both in turns and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=spec.BATCH_SIZE)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    shape = (arguments.batch_size, *IMAGE_SHAPE)
    images = random.uniform(-1, 1, shape).astype("float32")
    zoo_run, native_run = zoo_step(images), native_step(images)
    zoo_run(), native_run()  # Compile and warm up.

    ours, theirs, ratios = [], [], []
    for _ in range(arguments.turns):
        a, b = zoo_run(), native_run()
        ours += a
        theirs += b
        ratios.append(np.median(a) / np.median(b))
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    print(
        f"{keras.backend.backend()}: zoo {np.median(ours):.3f} s/step, "
        f"by hand {np.median(theirs):.3f} s/step, ratio {middle:.3f} "
        f"(quartiles {low:.3f} to {high:.3f} of {arguments.turns} turns)"
    )


if __name__ == "__main__":
    main()
