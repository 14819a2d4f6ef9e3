"""What the engine asks of the registry, which fills it in."""

import os
import pathlib
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from zoo.engine.generative_model import GenerativeModel


class Store(Protocol):
    """Where models are loaded from and saved to: `zoo.registry`."""

    def load(
        self,
        cls: "type[GenerativeModel]",
        handle: str | os.PathLike,
        load_weights: bool,
        for_training: bool,
        **arguments: Any,
    ) -> "GenerativeModel":
        """Loads a preset; see `GenerativeModel.from_preset`."""
        ...

    def save(
        self,
        model: "GenerativeModel",
        directory: str | os.PathLike,
        **facts: Any,
    ) -> pathlib.Path:
        """Saves a preset; see `GenerativeModel.save_to_preset`."""
        ...

    def find(self, handle: str | os.PathLike) -> "GenerativeModel":
        """Loads a model in whatever form: `zoo.registry.load_model`."""
        ...


_stores: list[Store] = []


def attach(store: Store) -> None:
    """Gives models the place to load from and save to.

    Args:
        store: Called by `zoo.registry`, when it is imported.
    """
    _stores[:] = [store]


def store() -> Store:
    """Returns the attached store.

    Raises:
        RuntimeError: There is none: the engine was imported without `zoo`.
    """
    if not _stores:
        raise RuntimeError("Presets need `zoo.registry`: import zoo first.")
    return _stores[0]
