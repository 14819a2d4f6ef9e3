"""Make fashion_mnist_10k.npz: 1,000 training images of each class.

Run `python make_fashion_mnist_10k.py` where this project is installed.
"""

from pathlib import Path

import numpy as np

from pipelines import fashion_mnist

SEED = 0
PER_CLASS = 1_000


def main() -> None:
    """Choose the images and write them beside this file."""
    images, labels = fashion_mnist("train")
    random = np.random.default_rng(SEED)
    chosen = [
        random.choice(np.flatnonzero(labels == label), PER_CLASS, replace=False)
        for label in range(10)
    ]
    # In the training set's order, so that no run of one class remains.
    chosen = np.sort(np.concatenate(chosen))
    path = Path(__file__).with_name("fashion_mnist_10k.npz")
    np.savez_compressed(path, images=images[chosen], labels=labels[chosen])


if __name__ == "__main__":
    main()
