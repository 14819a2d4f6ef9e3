"""The numbers that the three native DCGAN-64 training loops share.

The loops in `native_tensorflow.py`, `native_jax.py` and `native_torch.py` are
yardsticks for the zoo's own training step, so they must do the same work. This
module keeps what defines that work in one place and imports no framework.
"""

import sys
import time

import numpy as np

IMAGE_SIZE = 64
CHANNELS = 3
LATENT_DIM = 100
BATCH_SIZE = 64

# Output channels of the generator's blocks before the image, from 4x4 up to
# 32x32, and of the discriminator's blocks, from 32x32 down to 4x4.
GENERATOR_WIDTHS = (512, 256, 128, 64)
DISCRIMINATOR_WIDTHS = (64, 128, 256, 512)
GENERATOR_PARAMS = 3_576_704
DISCRIMINATOR_PARAMS = 2_765_568

INIT_STDDEV = 0.02
LEAKY_SLOPE = 0.2
BN_EPSILON = 1e-5
BN_MOMENTUM = 0.9

LEARNING_RATE = 2e-4
BETA_1 = 0.5
BETA_2 = 0.999
ADAM_EPSILON = 1e-8


def random_images(batch_size=BATCH_SIZE, seed=0):
    """Draws a batch of stand-in images.

    Args:
        batch_size: Number of images.
        seed: Seed of the draw.

    Returns:
        A float32 array `(batch_size, 64, 64, 3)` in [-1, 1].
    """
    shape = (batch_size, IMAGE_SIZE, IMAGE_SIZE, CHANNELS)
    draws = np.random.default_rng(seed).uniform(-1, 1, shape)
    return draws.astype(np.float32)


def check_param_counts(generator, discriminator):
    """Raises if a loop's networks are not the ones this module describes.

    Args:
        generator: Trainable parameters of the generator.
        discriminator: Trainable parameters of the discriminator.
    """
    found = (generator, discriminator)
    expected = (GENERATOR_PARAMS, DISCRIMINATOR_PARAMS)
    if found != expected:
        raise ValueError(f"{found} trainable parameters, expected {expected}")


def time_step(make_step, steps=5):
    """Prints the losses and the milliseconds of a few steps of one loop.

    Args:
        make_step: Function that builds the step, called without arguments.
        steps: Number of timed steps, after one untimed warm-up step.
    """
    step = make_step()
    images = random_images()
    start = time.perf_counter()
    step(images)
    print(f"first step {time.perf_counter() - start:.1f} s")
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        losses = step(images)
        times.append(1e3 * (time.perf_counter() - start))
        print(
            f"{times[-1]:7.1f} ms  d_real {losses[0]:.4f}  "
            f"d_fake {losses[1]:.4f}  g {losses[2]:.4f}"
        )
        sys.stdout.flush()
    print(f"median {np.median(times):.1f} ms, best {min(times):.1f} ms")
