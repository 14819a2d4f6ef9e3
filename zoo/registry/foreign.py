"""Repositories of other libraries' formats, opened as if presets."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.errors import (
    PresetError,
    PresetFormatError,
    PresetNotFoundError,
)
from zoo.registry.handles import Directory, HuggingFace, Source


@dataclasses.dataclass(frozen=True)
class ForeignFormat:
    """A format of models that is not this library's.

    Attributes:
        model: Class of the models that are made of it.
        recognizes: Whether a source holds this format, by a look at its
            small files.
        load: Makes the model of a source, with or without its weights, with
            arguments of the class that replace the converted ones. Raises
            `ValueError` for what it can't convert.
    """

    model: type[GenerativeModel]
    recognizes: Callable[[Source], bool]
    load: Callable[..., GenerativeModel]


_formats: dict[str, ForeignFormat] = {}
_providers: list[Callable[[], Any]] = []


def provide_formats(load: Callable[[], Any]) -> None:
    """Says how to register formats, once they are asked for.

    Args:
        load: Imports what calls `register_foreign_format`.
    """
    _providers.append(load)


def register_foreign_format(
    name: str,
    model: type[GenerativeModel],
    recognizes: Callable[[Source], bool],
    load: Callable[..., GenerativeModel],
) -> None:
    """Lets `from_preset` open another library's directories.

    Args:
        name: The library's name.
        model: As in `ForeignFormat`.
        recognizes: As in `ForeignFormat`; called with a source.
        load: As in `ForeignFormat`; called with a source, `load_weights` and
            keyword arguments of the model.

    Raises:
        ValueError: The name is taken.
    """
    if name in _formats:
        raise ValueError(f"A format has that name. Received: name={name!r}")
    _formats[name] = ForeignFormat(model, recognizes, load)


class ForeignPreset:
    """What `Preset` is, for a directory that has no metadata.

    Its files carry no SHA-256 to be verified by. They are read by the readers
    of `zoo.converters`, which run nothing that is in them.

    Args:
        source: Where its files are.
        name: Name of the format.
    """

    trainable = True

    def __init__(self, source: Source, name: str):
        self.source = source
        self.name = name

    def file(self, name: str) -> pathlib.Path:
        """Returns the path of a file, as it is."""
        return self.source.fetch(name, None)

    def verify(self) -> None:
        """Raises a PresetFormatError: there is nothing to verify by."""
        raise PresetFormatError(
            f"A repository of {self.name} has no SHA-256 of its files; "
            f"`zoo convert {self.name}` makes a preset of it. "
            f"Received: {self.source.handle!r}"
        )

    def load(
        self,
        cls: type[GenerativeModel] = GenerativeModel,
        load_weights: bool = True,
        for_training: bool = False,
        skip_mismatch: bool = False,
        **arguments: Any,
    ) -> GenerativeModel:
        """Makes the model; see `zoo.GenerativeModel.from_preset`."""
        del for_training  # There is but one file of weights.
        found = _formats[self.name]
        if skip_mismatch:
            raise PresetFormatError(
                "Argument `skip_mismatch` is for presets: "
                f"`zoo convert {self.name}` makes one of this repository. "
                f"Received: {self.source.handle!r}"
            )
        if not issubclass(found.model, cls):
            raise PresetFormatError(
                f"A repository of {self.name} holds a "
                f"{found.model.__name__}. Received: {self.source.handle!r} "
                f"for {cls.__name__}"
            )
        try:
            return found.load(self.source, load_weights, **arguments)
        except PresetError:
            raise
        except FileNotFoundError as error:
            raise PresetNotFoundError(str(error)) from error
        except ValueError as error:
            raise PresetFormatError(
                f"{error}, in {self.source.handle!r}"
            ) from error


def foreign_preset(source: Source) -> ForeignPreset | None:
    """Returns the preset in a source that has no metadata, if it is known.

    Args:
        source: A directory, or a repository of the Hugging Face Hub; others
            hold presets alone.

    Raises:
        PresetError: A file is damaged, or can't be downloaded.
    """
    if not isinstance(source, Directory | HuggingFace):
        return None
    for load in _providers:
        load()
    for name, found in _formats.items():
        if found.recognizes(source):
            return ForeignPreset(source, name)
    return None
