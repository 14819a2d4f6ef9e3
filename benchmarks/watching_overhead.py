"""What looking at every batch costs: a DCGAN of 32 pixels, with and without.

    python -m benchmarks.watching_overhead

Epochs with and without alternate in one process; the ratio is of medians.
"""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.engine.watching import Watch

STEPS, ROUNDS = 6, 5


def main():
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (64 * STEPS, 32, 32, 3)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(images).batch(64).prefetch(2)
    model = zoo.DCGAN((32, 32, 3))
    model.compile()
    model.fit(data, verbose=0)  # Compiles.
    over, seconds = Watch.over, {True: [], False: []}
    for number in range(2 * ROUNDS):
        watched = number % 2 == 0
        Watch.over = over if watched else lambda self, data: data
        start = time.perf_counter()
        model.fit(data, verbose=0)
        seconds[watched].append((time.perf_counter() - start) / STEPS)
    one, other = (statistics.median(seconds[x]) for x in (True, False))
    watch, batch = Watch(model.check_batch), images[:64]
    start = time.perf_counter()
    for number in range(200):
        watch.look(number, batch)
    look = (time.perf_counter() - start) / 200
    print(f"backend: {keras.backend.backend()}")
    print(f"ms a step: {1e3 * one:.1f} watched, {1e3 * other:.1f} not")
    print(f"ratio: {one / other:.3f}; a look: {1e3 * look:.3f} ms", end="")
    print(f", {look / other:.2%} of a step")


if __name__ == "__main__":
    main()
