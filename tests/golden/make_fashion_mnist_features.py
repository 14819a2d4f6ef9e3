"""Make fashion_mnist_features.npz: the extractor's features, by NumPy alone.

Run `python tests/golden/make_fashion_mnist_features.py` whenever the shipped
weights change. It reads them by h5py and computes the network in float64,
without Keras' layers.
"""

import pathlib

import h5py
import numpy as np

from pipelines import fashion_mnist_10k
from zoo.metrics.features import fashion_mnist

IMAGES = 8


def main():
    """Compute the features of a few images and write them beside this file."""
    images = fashion_mnist_10k()[0][:IMAGES, ..., None]
    pool, logits = features(fashion_mnist.prepare(images))
    path = pathlib.Path(__file__).with_name("fashion_mnist_features.npz")
    np.savez_compressed(path, images=images, pool=pool, logits=logits)


def features(images):
    """Returns the pool features and logits of uint8 `(n, 32, 32, 1)`."""
    with h5py.File(fashion_mnist.WEIGHTS) as file:
        layers = file["layers"]

        def block(x, index, pool=False):
            suffix = f"_{index}" if index else ""
            kernel = layers[f"conv2d{suffix}/vars/0"][()]
            norm = layers[f"batch_normalization{suffix}/vars"]
            x = convolution(x, kernel.astype(np.float64))
            if pool:
                n, height, width, channels = x.shape
                shape = (n, height // 2, 2, width // 2, 2, channels)
                x = x.reshape(shape).max(axis=(2, 4))
            gamma, beta, mean, variance = (norm[str(i)][()] for i in range(4))
            x = (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta
            return np.maximum(x, 0)

        x = block(images / 127.5 - 1, 0, pool=True)
        x = block(x, 1, pool=True)
        x = x + block(x, 2)
        x = block(x, 3, pool=True)
        x = x + block(x, 4)
        pool = x.mean(axis=(1, 2))
        kernel, bias = (layers[f"dense/vars/{i}"][()] for i in range(2))
        return pool, pool @ kernel + bias


def convolution(x, kernel):
    """Returns the 3x3 convolution of `x`, padded with zeros."""
    _, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return sum(
        padded[:, row : row + height, column : column + width]
        @ kernel[row, column]
        for row in range(3)
        for column in range(3)
    )


if __name__ == "__main__":
    main()
