"""Distance of images as a network sees them."""

from typing import Any

import numpy as np
from keras import ops

from zoo.losses.perceptual import PerceptualFeatures
from zoo.utils.grids import from_uint8

LAYERS = (
    "block1_conv2",
    "block2_conv2",
    "block3_conv3",
    "block4_conv3",
    "block5_conv3",
)


def perceptual_distance(
    images: Any,
    references: Any,
    features: PerceptualFeatures | None = None,
) -> np.ndarray:
    """Returns how different images look from their references to a network.

    The distance of Zhang et al. without their learned weights: features are
    divided by their length at each pixel; their squared distances are averaged
    over pixels and summed over layers. Values by other features, LPIPS among
    them, can't be compared with these.

    Args:
        images: uint8 or floats in [-1, 1], `(batch, height, width, 3)`, of 16
            pixels or more.
        references: The same shape.
        features: Features to compare; by default those of VGG16-HED, at the
            last convolution of each of its five blocks.

    Returns:
        Distances, float64 of shape `(batch,)`, from 0 to 4 per layer.

    Raises:
        ValueError: The shapes differ.
        ImportError: The default's package is not installed.

    Reference:
        - [Zhang et al., 2018](https://arxiv.org/abs/1801.03924), equation 1
    """
    if np.shape(images) != np.shape(references) or np.ndim(images) != 4:
        raise ValueError(
            "Images and references must have one shape, (batch, height, "
            f"width, 3). Received: shapes {np.shape(images)} and "
            f"{np.shape(references)}"
        )
    features = features or PerceptualFeatures("vgg16_hed", LAYERS)
    distances = np.zeros(len(images))
    for i, pair in enumerate(zip(images, references, strict=True)):
        seen = [_directions(features, image) for image in pair]
        for one, other in zip(*seen, strict=True):
            distances[i] += np.mean(np.sum((one - other) ** 2, axis=-1))
    return distances


def _directions(features, image):
    """Returns each layer's features at length 1, float64."""
    image = from_uint8(image) if image.dtype == np.uint8 else image
    maps = features(np.asarray(image, "float32")[None])
    for values in maps:
        values = ops.convert_to_numpy(values).astype(np.float64)
        length = np.linalg.norm(values, axis=-1, keepdims=True)
        yield values / (length + 1e-10)
