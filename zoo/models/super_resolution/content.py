"""SRGAN's content loss: by pixels, or by features of a frozen network."""

import os
from typing import Any

from keras import ops

from zoo.losses import PerceptualFeatures
from zoo.losses.perceptual import convolutions

_FEATURE_SCALE = 1 / 12.75
"""Makes VGG's losses as large as squared errors: section 3.2 of the paper."""


class Content:
    """How far generated images are from what they should show.

    No part of a model's weights.

    Args:
        name: `"vgg19"`, `"vgg16_hed"` or `"mse"`.
        layer: Name of a convolution; by default the last.
        activation: Whether features are taken after the ReLU.
        weights: File of the network's weights, `"imagenet"` or `None`.
        sha256: SHA-256 that the file must have, or `None`.
        channels: Channels of the images.

    Attributes:
        features: `zoo.losses.PerceptualFeatures`; `None` for `"mse"`.

    Raises:
        ValueError: An unknown name, or images without colour or grey alone.
        ImportError: The package of the weights is not installed.
        FileNotFoundError: There is no such file of weights.
    """

    def __init__(
        self,
        name: str,
        layer: str | None,
        activation: bool,
        weights: str | os.PathLike | None,
        sha256: str | None,
        channels: int,
    ):
        self.features = None
        if name == "mse":
            return
        at = [layer or convolutions(name)[-1]]
        if channels not in (1, 3):
            raise ValueError(
                f"Features of {name!r} are of images with 1 or 3 channels. "
                f"Received: channels={channels}"
            )
        self.features = PerceptualFeatures(
            name, at, activation, weights, sha256
        )

    def load(self) -> None:
        """Reads the network's weights, outside of any compiled step.

        Raises:
            ValueError: They are not those that are expected.
            OSError: They are not there, or can't be downloaded.
            ImportError: Their package is not installed.
        """
        if self.features is not None:
            _ = self.features.network

    def loss(self, high: Any, generated: Any) -> Any:
        """Mean squared error of features, equation 5, or pixels, equation 4.

        Args:
            high: Real images.
            generated: Images to compare with them.

        Returns:
            float32 scalar.
        """
        if self.features is None:
            return ops.mean(ops.square(high - generated))
        (real,), (fake,) = self.features(high), self.features(generated)
        return ops.mean(ops.square((real - fake) * _FEATURE_SCALE))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `zoo.SRGAN` that make it anew."""
        if self.features is None:
            return {"content": "mse"}
        return {
            "content": self.features.name,
            "content_layer": self.features.at[0],
            "content_activation": self.features.activation,
            "content_weights": self.features.weights,
            "content_sha256": self.features.sha256,
        }
