"""The feature extractor of FID, KID and the Inception Score.

References:
    - Heusel et al., 2017, https://arxiv.org/abs/1706.08500
    - Salimans et al., 2016, https://arxiv.org/abs/1606.03498
    - Parmar et al., 2022, on resizing, https://arxiv.org/abs/2104.11222
"""

import os
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.converters import layouts
from zoo.converters.mapping import Entry
from zoo.metrics.features.extractor import FeatureExtractor
from zoo.metrics.features.inception_network import SIZE, inception_network
from zoo.metrics.features.weights import (
    PublicWeights,
    file_sha256,
    load_weights,
)

EPSILON = 1e-3
"""Of the checkpoint's batch normalizations."""

PUBLIC_WEIGHTS = PublicWeights(
    url="https://github.com/mseitzer/pytorch-fid/releases/download/"
    "fid_weights/pt_inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)


def inception(
    weights: str | os.PathLike | None = None, batch_size: int = 32
) -> FeatureExtractor:
    """Returns the feature extractor of FID, KID and the Inception Score.

    Images are resized to 299 as TensorFlow 1 does (bilinear, no antialiasing,
    pixels at their corners) and scaled by `(x - 128) / 128`. `pool` has 2048
    features. `logits` are those of 1008 classes without the bias, which is
    what the Inception Score is defined by; `network` returns those with it,
    too, as "logits_biased".

    Args:
        weights: A file of the layout of pytorch-fid's
            `pt_inception-2015-12-05-6726825d.pth`. `None` downloads that
            file (95 MB), checks it and keeps it in Keras' cache directory.
        batch_size: Images per batch.

    Returns:
        `FeatureExtractor` named "inception".

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not the expected one, or damaged.
        OSError: The download failed.

    Example:
        ```python
        extractor = inception()
        extractor(images).pool  # (len(images), 2048)
        ```
    """
    network = inception_network()
    if weights is None:
        sha256 = PUBLIC_WEIGHTS.sha256
        PUBLIC_WEIGHTS.load_into(network, plan(network))
    else:
        load_weights(network, weights, plan(network))
        sha256 = file_sha256(weights)
    version = f"2015-12-05-{sha256[:8]}"
    return FeatureExtractor(
        "inception", version, network, prepare, 3, batch_size
    )


def prepare(images: Any) -> Any:
    """Returns images as the network takes them.

    Args:
        images: Tensor (batch, height, width, 3) in [0, 255].

    Returns:
        float32 tensor (batch, 299, 299, 3) in [-1, 1).
    """
    images = ops.cast(images, "float32")
    return (resize_like_tensorflow_1(images, SIZE) - 128.0) / 128.0


def resize_like_tensorflow_1(images: Any, size: int) -> Any:
    """Resizes images as `tf.image.resize_bilinear` of TensorFlow 1 did.

    Output pixel i is interpolated at i * input / output, without the half
    pixel that later versions add, and without antialiasing.

    Args:
        images: float32 tensor (batch, height, width, channels) of known
            height and width.
        size: Height and width of the outputs.

    Returns:
        float32 tensor (batch, size, size, channels).
    """
    images = ops.convert_to_tensor(images)
    for axis in (2, 1):
        length = images.shape[axis]
        if length == size:
            continue
        at = np.arange(size, dtype="float32") * np.float32(length / size)
        low = at.astype("int32")
        high = np.minimum(low + 1, length - 1)
        shape = (size, 1, 1) if axis == 1 else (size, 1)
        weight = ops.convert_to_tensor((at % 1).reshape(shape))
        first = ops.take(images, low, axis=axis)
        second = ops.take(images, high, axis=axis)
        images = first + (second - first) * weight
    return images


def plan(network: keras.Model) -> list[Entry]:
    """Returns where each layer's weights are in the checkpoint.

    Args:
        network: From `inception_network`.

    Returns:
        List of entries.
    """
    found = []
    for layer in network.layers:
        prefix = layer.name.replace("__", ".")
        if prefix == "fc":
            found.append(layouts.dense(layer, prefix))
        elif layer.weights:
            conv, norm = f"{prefix}.conv", f"{prefix}.bn"
            found.append(layouts.folded_conv(layer, conv, norm, EPSILON))
    return found
