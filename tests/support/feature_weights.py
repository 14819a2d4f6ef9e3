"""Drawn weights of the first block of VGG16-HED, in its package's layout."""

import h5py
import numpy as np


def write_block(path, seed=0):
    """Writes two convolutions; returns the file's kernels and biases."""
    random, arrays, before = np.random.default_rng(seed), [], 3
    with h5py.File(path, "w") as file:
        for name in ("conv2d", "conv2d_1"):
            kernel = (
                random.normal(size=(3, 3, before, 64)) / (3 * before) ** 0.5
            )
            bias = random.normal(size=64)
            group = file.create_group(f"block1/layers/{name}/vars")
            for key, value in {"0": kernel, "1": bias}.items():
                group[key] = value.astype("float32")
            arrays.append([kernel, bias])
            before = 64
    return arrays


def block_features(images, arrays, activation=True):
    """The block's features of images in [-1, 1], by NumPy in float64."""
    means = np.array([104.007, 116.669, 122.679])
    x = (np.asarray(images, "float64")[..., ::-1] + 1) * 127.5 - means
    for kernel, bias in arrays:
        x = np.pad(np.maximum(x, 0) if x.shape[-1] > 3 else x, PADDING)
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))
        x = np.einsum("nyxcij,ijco->nyxo", windows, kernel, optimize=True)
        x = x + bias
    return np.maximum(x, 0) if activation else x


PADDING = ((0, 0), (1, 1), (1, 1), (0, 0))
