"""A small classifier of clothes whose features need no download.

The network was trained on Fashion-MNIST by `train_fashion_mnist.py` beside
this file; `fashion_mnist.json` says how, and how accurate it is. A Fréchet
distance of its features is not FID: name it `fd_fashion_mnist`.
"""

from __future__ import annotations

import json
import pathlib

import keras
import numpy as np
from keras import layers
from PIL import Image

from zoo.metrics.features.extractor import (
    FeatureExtractor,
    Features,
    check_images,
    float32_policy,
)
from zoo.metrics.features.weights import file_sha256

IMAGE_SIZE = 32
FEATURES = 128
CLASSES = 10

_FOLDER = pathlib.Path(__file__).parent
WEIGHTS = _FOLDER / "fashion_mnist.weights.h5"
METADATA = _FOLDER / "fashion_mnist.json"


def build_network() -> keras.Model:
    """Builds the classifier, with random weights.

    Returns:
        A model from float32 grey images `(batch, 32, 32, 1)` in [0, 255] to
        `[pool, logits]`: float32 `(batch, 128)`, non-negative, and
        `(batch, 10)`.
    """
    with float32_policy():
        images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
        x = layers.Rescaling(1 / 127.5, offset=-1)(images)
        x = _block(x, 32, pool=True)
        x = _block(x, 64, pool=True)
        x = layers.Add()([x, _block(x, 64)])
        x = _block(x, FEATURES, pool=True)
        x = layers.Add()([x, _block(x, FEATURES)])
        pool = layers.GlobalAveragePooling2D(data_format="channels_last")(x)
        logits = layers.Dense(CLASSES)(pool)
        return keras.Model(images, [pool, logits], name="fashion_mnist")


def _block(x, filters, pool=False):
    # Channels last, whatever the caller's global setting is.
    x = layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        data_format="channels_last",
    )(x)
    if pool:  # First, so that the rest has a quarter of the pixels.
        x = layers.MaxPooling2D(data_format="channels_last")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.ReLU()(x)


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
    images = check_images(images, None)
    grey = images[..., 0] if images.shape[-1] == 1 else _luma(images)
    if grey.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        grey = _resize(grey)
    return grey[..., None]


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
        result[index] = np.asarray(pillow.resize(size, bicubic))
    return result


class FashionMNISTExtractor(FeatureExtractor):
    """`FeatureExtractor` that makes images grey and 32x32 pixels first.

    On the host, by Pillow: backends resize alike only to within a few levels.
    """

    def __call__(self, images: np.ndarray) -> Features:
        """Returns the features of images.

        Args:
            images: uint8 `(batch, height, width, channels)` in [0, 255], of
                any size, with 1 (grey) or 3 (RGB) channels. Where they are
                not square, the aspect ratio is not kept.

        Returns:
            `Features`: `pool`, float32 `(batch, 128)`, non-negative, and
            `logits`, float32 `(batch, 10)`.

        Raises:
            ValueError: They are not such images.
        """
        return super().__call__(prepare(images))


def fashion_mnist(batch_size: int = 64) -> FashionMNISTExtractor:
    """Loads the shipped classifier of Fashion-MNIST.

    Its 128 features are for Fréchet distances, kernel distances, precision
    and recall of images of clothes; its ten classes for Inception Scores.

    Args:
        batch_size: Images per batch.

    Returns:
        `FeatureExtractor` named "fashion_mnist". Its version changes with
        the weights.

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
    return FashionMNISTExtractor(
        "fashion_mnist", f"1-{digest[:8]}", network, None, 1, batch_size
    )


def _verified():
    for path in (METADATA, WEIGHTS):
        if not path.is_file():
            raise FileNotFoundError(
                "The fashion_mnist features need a file that comes with the "
                f"package. Install it again. Received: no file {path}"
            )
    expected = json.loads(METADATA.read_text())["sha256"]
    received = file_sha256(WEIGHTS)
    if received != expected:
        raise ValueError(
            f"The weights {WEIGHTS} are not those that were shipped: SHA-256 "
            f"must be {expected}. Install the package again. Received: "
            f"{received}"
        )
    return received
