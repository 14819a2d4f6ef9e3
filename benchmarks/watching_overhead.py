"""What looking at every batch costs, beside a step of a DCGAN of 32 pixels.

    python -m benchmarks.watching_overhead

In CPU time, since others may use the machine.
"""

import time

import numpy as np
import tensorflow as tf

import zoo
from zoo.engine.watching import Watch

BATCH, STEPS = 64, 3


def milliseconds(function, count):
    """Returns the CPU time of a function that does something `count` times."""
    function()  # Compiles.
    start = time.process_time()
    function()
    return 1e3 * (time.process_time() - start) / count


def main():
    random = np.random.default_rng(0)
    shape = (BATCH * STEPS, 32, 32, 3)
    images = random.uniform(-1, 1, shape).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(images).batch(BATCH)
    model = zoo.DCGAN((32, 32, 3))
    model.compile()
    watch = Watch(model.check_batch)
    plain, watched = (
        milliseconds(lambda x=x: list(x.repeat(100)), 100 * STEPS)
        for x in (data, watch.over(data))
    )
    step = milliseconds(lambda: model.fit(data, verbose=0), STEPS)
    print(f"ms a batch: {watched - plain:.2f}, ms a step: {step:.0f}")
    print(f"a look is {(watched - plain) / step:.2%} of a step")


if __name__ == "__main__":
    main()
