"""A preset: metadata, verified files, and the model they make."""

import os
import pathlib
from typing import Any

import keras
import numpy as np

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.configs import build, read_config
from zoo.registry.downloads import record_of
from zoo.registry.errors import (
    PresetError,
    PresetFormatError,
    PresetIntegrityError,
)
from zoo.registry.handles import Source
from zoo.registry.metadata import (
    CONFIG,
    INPUTS,
    METADATA,
    TRAINING_WEIGHTS,
    WEIGHTS,
    Metadata,
    read_metadata,
)
from zoo.registry.weights import load_networks
from zoo.utils import given_paths
from zoo.utils.grids import from_uint8
from zoo.utils.images import reader


class Preset:
    """A preset at its source.

    Args:
        source: Where its files are.
        sha256: Expected SHA-256 of `metadata.json`, or `None`.

    Attributes:
        metadata: What it says of itself.

    Raises:
        PresetError: There is no preset, or it is not what is expected.
    """

    def __init__(self, source: Source, sha256: str | None = None):
        self.source = source
        path = source.fetch(METADATA, None)
        received = record_of(path).sha256
        if sha256 not in (None, received):
            source.refresh(METADATA)
            raise PresetIntegrityError(
                f"Expected {METADATA} with the SHA-256 {sha256}. "
                f"Received: {source.handle!r} with {received}"
            )
        try:
            self.metadata: Metadata = read_metadata(path)
        except PresetError:
            source.refresh(METADATA)
            raise

    def file(self, name: str) -> pathlib.Path:
        """Returns the path of a verified file.

        Args:
            name: A key of `metadata.files`.

        Raises:
            PresetFormatError: The preset has no such file.
            PresetIntegrityError: It is not the file that it should be.
        """
        record = self.metadata.files.get(name)
        if record is None:
            raise PresetFormatError(
                f"The preset has no {name}. Received: {self.source.handle!r} "
                f"with {sorted(self.metadata.files)}"
            )
        path = self.source.fetch(name, record)
        received = record_of(path)
        if received != record:
            self.source.refresh(name)
            raise PresetIntegrityError(
                f"Expected {name} of {record.size} bytes with the SHA-256 "
                f"{record.sha256}; it is damaged or was changed. Received: "
                f"{received.size} bytes with {received.sha256} in "
                f"{self.source.handle!r}"
            )
        return path

    def verify(self) -> None:
        """Raises a PresetError unless all files are what they should be."""
        for name in self.metadata.files:
            self.file(name)

    def inputs(self) -> np.ndarray | None:
        """Returns the images of which `samples.png` was made.

        Returns:
            float32 `(count, height, width, channels)` in [-1, 1]; `None` for
            a model that generates without.

        Raises:
            PresetFormatError: The file holds something else.
        """
        if INPUTS not in self.metadata.files:
            return None
        path = self.file(INPUTS)
        try:
            pixels = reader("limits").read_npz(path)["images"]
        except Exception as error:  # Damaged files raise nearly anything.
            raise PresetFormatError(
                f"Expected {INPUTS} with an array `images`. Received: {error}"
            ) from error
        return from_uint8(pixels)

    def load(
        self,
        cls: type[GenerativeModel] = GenerativeModel,
        load_weights: bool = True,
        for_training: bool = False,
        skip_mismatch: bool = False,
        **arguments: Any,
    ) -> GenerativeModel:
        """Makes the model; see `zoo.GenerativeModel.from_preset`."""
        found, config = read_config(self.file(CONFIG))
        if not issubclass(found, cls):
            raise PresetFormatError(
                f"The preset holds a {found.__name__}; use "
                f"zoo.{found.__name__}.from_preset or "
                "zoo.GenerativeModel.from_preset. Received: "
                f"{self.source.handle!r} for {cls.__name__}"
            )
        names = [WEIGHTS]
        if for_training and (self.trainable or _has_opponents(found)):
            self._check_trainable()
            names.append(TRAINING_WEIGHTS)
        paths = [self.file(name) for name in names]
        size = sum(self.metadata.files[name].size for name in names)
        for value in arguments.values():
            if isinstance(value, str | os.PathLike):
                given_paths.give(value)
        if "num_classes" in arguments:
            config.pop("class_names", None)  # They are of other classes.
        source = f"preset's arguments, {self.source.handle!r}"
        model = build(found, config | arguments, size, source)
        if load_weights:
            own = networks_to_generate(model)
            load_networks(own, paths[0], skip_mismatch)
            for name, average in model.averages.items():
                network = getattr(model, name)
                network.set_weights(average.network.get_weights())
        if load_weights and for_training:
            if len(paths) > 1:
                own = networks_to_train(model)
                load_networks(own, paths[1], skip_mismatch)
            if not skip_mismatch:  # Else it begins with what is new.
                for average in model.averages.values():
                    average.end_warm_up()
        if load_weights and not for_training and _has_opponents(found):
            model.incomplete = self._what_is_missing()
        return model

    def _what_is_missing(self):
        """Returns what `fit` warns of, and what can be done about it."""
        reason = "its opponent begins with initial weights."
        if self.trainable:
            return (
                f"The model was loaded to generate: {reason} "
                "Load it with for_training=True to go on with the preset's."
            )
        return f"The preset holds only what generates: {reason}"

    @property
    def trainable(self) -> bool:
        """Whether training can go on from it."""
        return TRAINING_WEIGHTS in self.metadata.files

    def _check_trainable(self):
        if not self.trainable:
            raise PresetFormatError(
                "The preset holds only what generates, and no opponent to go "
                "on training against. Without for_training=True it loads, to "
                "generate or to be trained against a new one. "
                f"Received: {self.source.handle!r}"
            )


def _has_opponents(cls):
    """Returns whether training needs networks that generating does not."""
    return bool(set(network_names(cls)) - set(cls.inference_networks))


def network_names(
    model: GenerativeModel | type[GenerativeModel],
) -> list[str]:
    """Returns the attributes that hold the networks of all players."""
    return [name for names in model.players.values() for name in names]


def networks_to_generate(
    model: GenerativeModel,
) -> dict[str, keras.layers.Layer]:
    """Returns the networks that `model.weights.h5` holds, by attribute."""
    return {name: model.network(name) for name in model.inference_networks}


def networks_to_train(model: GenerativeModel) -> dict[str, keras.layers.Layer]:
    """Returns the networks that `training.weights.h5` holds, by attribute.

    These are all that `networks_to_generate` leaves out: opponents, and
    the networks whose averages generate.
    """
    return {
        name: getattr(model, name)
        for name in network_names(model)
        if name not in model.inference_networks or name in model.averages
    }
