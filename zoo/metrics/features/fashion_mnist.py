"""A small classifier of clothes whose features need no download.

The network was trained on Fashion-MNIST by `train_fashion_mnist.py` beside
this file; `fashion_mnist.json` says how, and how accurate it is. A Fréchet
distance of its features is not FID: name it `fd_fashion_mnist`.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from typing import NamedTuple

import keras
import numpy as np
from keras import layers
from PIL import Image

IMAGE_SIZE = 32
FEATURES = 128
CLASSES = 10

_FOLDER = pathlib.Path(__file__).parent
WEIGHTS = _FOLDER / "fashion_mnist.weights.h5"
METADATA = _FOLDER / "fashion_mnist.json"

_CHUNK = 256  # Images at a time.


def build_network() -> keras.Model:
    """Builds the classifier, with random weights.

    Returns:
        A model from float32 grey images `(batch, 32, 32, 1)` in [0, 255] to
        `[pool, logits]`: float32 `(batch, 128)`, non-negative, and
        `(batch, 10)`.
    """
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), dtype="float32")
    x = layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(images)
    x = _block(x, 32, pool=True)
    x = _block(x, 64, pool=True)
    x = layers.Add(dtype="float32")([x, _block(x, 64)])
    x = _block(x, FEATURES, pool=True)
    x = layers.Add(dtype="float32")([x, _block(x, FEATURES)])
    pool = layers.GlobalAveragePooling2D(
        data_format="channels_last", dtype="float32", name="pool"
    )(x)
    logits = layers.Dense(CLASSES, dtype="float32", name="logits")(pool)
    return keras.Model(images, [pool, logits], name="fashion_mnist")


def _block(x, filters, pool=False):
    # Float32 and channels last whatever the caller's global settings are: the
    # weights were trained so, and a metric must not depend on them.
    x = layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        data_format="channels_last",
        dtype="float32",
    )(x)
    if pool:  # First, so that the rest has a quarter of the pixels.
        x = layers.MaxPooling2D(data_format="channels_last", dtype="float32")(x)
    x = layers.BatchNormalization(
        axis=-1, momentum=0.9, epsilon=1e-5, dtype="float32"
    )(x)
    return layers.ReLU(dtype="float32")(x)


def prepare(images: np.ndarray) -> np.ndarray:
    """Makes images grey and 32x32 pixels, on the host, by Pillow's filter.

    Args:
        images: uint8 `(batch, height, width, channels)` in [0, 255], of any
            size, with 1 (grey) or 3 (RGB) channels.

    Returns:
        uint8 `(batch, 32, 32, 1)` in [0, 255].

    Raises:
        ValueError: They are not such images.
    """
    images = np.asarray(images)
    _check(images)
    grey = images[..., 0] if images.shape[-1] == 1 else _luma(images)
    if grey.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        grey = _resize(grey)
    return grey[..., None]


def _check(images):
    shape = images.shape
    if (
        images.dtype != np.uint8
        or len(shape) != 4
        or shape[-1] not in (1, 3)
        or 0 in shape
    ):
        raise ValueError(
            "Argument `images` must be uint8 in [0, 255], of shape (batch, "
            "height, width, 1 or 3), with at least one image. Received: "
            f"dtype={images.dtype}, shape={shape}"
        )


def _luma(images):
    # ITU-R 601 in 16 bits, as Pillow converts RGB to L; grey stays as it is.
    weights = np.array([19595, 38470, 7471], np.uint32)
    total = images.astype(np.uint32) @ weights
    return ((total + 0x8000) >> 16).astype(np.uint8)


def _resize(grey):
    size, bicubic = (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC
    result = np.empty((len(grey), *size), np.uint8)
    for index, image in enumerate(grey):
        pillow = Image.fromarray(np.ascontiguousarray(image))
        result[index] = pillow.resize(size, bicubic)
    return result


class Features(NamedTuple):
    """What a network says of a batch of images.

    Attributes:
        pool: float32 `(batch, d)`, activations for distances.
        logits: float32 `(batch, k)`, of the classes.
    """

    pool: np.ndarray
    logits: np.ndarray


class FashionMNISTExtractor:
    """Features and class scores of images, by the shipped classifier.

    The same on every backend, whatever Keras' global precision and data
    format are.

    Attributes:
        name: "fashion_mnist".
        version: Changes with the weights; a key for cached statistics.
        network: From float32 `(batch, 32, 32, 1)` in [0, 255] to
            `[pool, logits]`.
    """

    name = "fashion_mnist"

    def __init__(self, network: keras.Model, version: str):
        self.network, self.version = network, version

    def __call__(self, images: np.ndarray) -> Features:
        """Extracts features.

        Args:
            images: uint8 `(batch, height, width, channels)` in [0, 255], of
                any size, with 1 (grey) or 3 (RGB) channels. Made grey and
                resized to 32x32 by Pillow's bicubic filter, without keeping
                the aspect ratio.

        Returns:
            `Features`: `pool`, float32 `(batch, 128)`, and `logits`, float32
            `(batch, 10)`.

        Raises:
            ValueError: They are not such images.
        """
        grey = prepare(images)
        starts = range(0, len(grey), _CHUNK)
        parts = [self._chunk(grey[start : start + _CHUNK]) for start in starts]
        return Features(*map(np.concatenate, zip(*parts, strict=True)))

    def _chunk(self, grey):
        # Few sizes of batches, since JAX compiles for each.
        count = len(grey)
        padding = (1 << (count - 1).bit_length()) - count
        padded = np.pad(grey, ((0, padding), (0, 0), (0, 0), (0, 0)))
        outputs = self.network.predict_on_batch(padded.astype(np.float32))
        return [output[:count] for output in outputs]


def fashion_mnist() -> FashionMNISTExtractor:
    """Loads the shipped classifier of Fashion-MNIST.

    Its 128 features are for Fréchet distances, kernel distances, precision
    and recall of images of clothes; its ten classes for Inception Scores.

    Returns:
        A callable from uint8 images to `Features`.

    Raises:
        FileNotFoundError: The weights are missing.
        ValueError: The weights are not those that were shipped.

    Example:
        >>> import numpy as np
        >>> from zoo.metrics.features.fashion_mnist import fashion_mnist
        >>> extractor = fashion_mnist()
        >>> features = extractor(np.zeros((2, 28, 28, 1), "uint8"))
        >>> features.pool.shape, features.logits.shape
        ((2, 128), (2, 10))
    """
    digest = _verified()
    network = build_network()
    network.load_weights(WEIGHTS)
    network.trainable = False
    return FashionMNISTExtractor(network, f"1-{digest[:12]}")


def _verified():
    for path in (METADATA, WEIGHTS):
        if not path.is_file():
            raise FileNotFoundError(
                "The fashion_mnist features need a file that comes with the "
                f"package. Install it again. Received: no file {path}"
            )
    expected = json.loads(METADATA.read_text())["sha256"]
    received = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    if received != expected:
        raise ValueError(
            f"The weights {WEIGHTS} are not those that were shipped: SHA-256 "
            f"must be {expected}. Install the package again. Received: "
            f"{received}"
        )
    return received
