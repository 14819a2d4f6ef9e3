"""What `from_preset` and `save_to_preset` of all models do."""

import os
import pathlib
from typing import Any

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.catalog import open_preset
from zoo.registry.loading import load_model
from zoo.registry.saving import save_to_preset


class Store:
    """The registry, as `zoo.engine.presets.Store` describes it."""

    def load(
        self,
        cls: type[GenerativeModel],
        handle: str | os.PathLike,
        load_weights: bool,
        for_training: bool,
        **arguments: Any,
    ) -> GenerativeModel:
        """Loads a preset; see `GenerativeModel.from_preset`."""
        preset = open_preset(handle)
        return preset.load(cls, load_weights, for_training, **arguments)

    def save(
        self,
        model: GenerativeModel,
        directory: str | os.PathLike,
        **facts: Any,
    ) -> pathlib.Path:
        """Saves a preset; see `GenerativeModel.save_to_preset`."""
        return save_to_preset(model, directory, **facts)

    def find(self, handle: str | os.PathLike) -> GenerativeModel:
        """Loads a model in whatever form; see `load_model`."""
        return load_model(handle)
