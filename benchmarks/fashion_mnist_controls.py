"""Metrics of sets of images whose quality is known: controls.

    python -m benchmarks.fashion_mnist_controls

Real test images are the reference. Each set holds as many training images,
spoilt in one way: the floor is what unspoilt ones score. Every metric must
move where it should and stay where it should. Prints a table in Markdown.
"""

import argparse

import numpy as np
from scipy.ndimage import gaussian_filter

from pipelines import fashion_mnist
from zoo.metrics import (
    Moments,
    density_coverage,
    frechet_distance_of,
    inception_score,
    kernel_distance,
    precision_recall,
)
from zoo.metrics.features import get_extractor

T_SHIRTS = 0
HEADER = (
    "set",
    "Fréchet distance",
    "Inception Score",
    "kernel distance",
    "precision",
    "recall",
    "density",
    "coverage",
)


def controls(images, labels, count, random):
    """Yields names and sets of `count` images `(count, 28, 28)`."""

    def draw(which):
        return images[random.permutation(np.flatnonzero(which))[:count]]

    real = draw(labels >= 0)
    yield "real training images", real
    yield "blurred, sigma 1", gaussian_filter(real, (0, 1, 1))
    noise = random.normal(0, 32, real.shape)
    yield "noisy, sigma 32/255", np.clip(real + noise, 0, 255).astype("uint8")
    yield "one class", draw(labels == T_SHIRTS)
    yield "five of ten classes", draw(labels < 5)
    mean = np.rint(images.mean(axis=0)).astype("uint8")
    yield "mean image", np.repeat(mean[None], count, axis=0)


def row(real, made):
    """Returns the metrics of a set's features against the real ones'."""
    moments = [Moments().update(x.pool) for x in (real, made)]
    return (
        frechet_distance_of(*moments),
        inception_score(made.logits, from_logits=True, seed=0)[0],
        kernel_distance(real.pool, made.pool)[0],
        *precision_recall(real.pool, made.pool),
        *density_coverage(real.pool, made.pool),
    )


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--count", type=int, default=5000, help="up to 6000, a class' images"
    )
    parser.add_argument("--features", default="fashion_mnist")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    extractor = get_extractor(options.features)
    images, _ = fashion_mnist("test")
    images = images[random.permutation(len(images))[: options.count]]
    real = extractor(images[..., None])
    print("|", " | ".join(HEADER), "|")
    print("|---" * len(HEADER) + "|")
    sets = controls(*fashion_mnist("train"), options.count, random)
    for name, images in sets:
        numbers = row(real, extractor(images[..., None]))
        print(f"| {name} |", " | ".join(f"{x:.4g}" for x in numbers), "|")


if __name__ == "__main__":
    main()
