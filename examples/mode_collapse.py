"""Which losses and tricks keep a GAN from mode collapse?

    python examples/mode_collapse.py --output runs/modes

Trains small GANs on eight Gaussians on a ring (`point_gan.py`), with a
discriminator that is kept near its best; means over all seeds in a table,
samples through the first seed's training in `modes.png`.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
from matplotlib.figure import Figure
from point_gan import METHODS, PointGAN
from ring import CENTRES, coverage, ring

STAGES = 5  # And in CONFIGS: width, steps per stage, seeds.
CONFIGS = {"small": (16, 10, 1), "large": (128, 500, 5)}


def train(arguments, config, seed):
    """Returns samples after each stage, and seconds."""
    width, steps, _ = CONFIGS[config]
    keras.utils.set_random_seed(seed)
    model = PointGAN(width, discriminator_steps=5, **arguments)
    model.compile()
    samples, start = [], time.perf_counter()
    for stage in range(STAGES):
        points = ring(256 * steps, seed * STAGES + stage)
        model.fit(points, batch_size=256, verbose=0)
        samples.append(model.generate(1000, seed=0, batch_size=1000))
    return samples, time.perf_counter() - start


def main():
    """Trains by each method and compares."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", choices=CONFIGS, default="large")
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--output", type=pathlib.Path, default="runs/modes")
    arguments = parser.parse_args()
    seeds = range(CONFIGS[arguments.config][2])
    arguments.output.mkdir(parents=True, exist_ok=True)
    shape = len(arguments.methods), STAGES
    figure = Figure(figsize=(2 * STAGES, 2 * shape[0]), layout="tight")
    grid = figure.subplots(*shape, squeeze=False)
    print(f"{'method':20} modes of 8  within 3 sigma  seconds", flush=True)
    for row, name in zip(grid, arguments.methods, strict=True):
        runs = [train(METHODS[name], arguments.config, i) for i in seeds]
        for axes, points in zip(row, runs[0][0], strict=True):
            axes.scatter(*CENTRES.T, marker="+", color="red")
            axes.scatter(*points.T, s=1)
            axes.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[])
        row[0].set_ylabel(name)
        scores = [(*coverage(run[-1]), seconds) for run, seconds in runs]
        modes, good, seconds = np.mean(scores, axis=0)
        print(
            f"{name:20} {modes:10.1f} {good:15.0%} {seconds:8.1f}", flush=True
        )
    figure.savefig(arguments.output / "modes.png", dpi=80)
    print(f"Look at {arguments.output / 'modes.png'}")


if __name__ == "__main__":
    main()
