"""Converters by name, for `zoo convert`."""

import dataclasses
import os
from collections.abc import Callable, Sequence

from zoo.converters.mapping import ConversionReport
from zoo.engine.generative_model import GenerativeModel
from zoo.utils import checks

Converted = tuple[GenerativeModel, ConversionReport]


@dataclasses.dataclass(frozen=True)
class Converter:
    """What turns checkpoints of one kind into a model.

    Attributes:
        function: Takes as many paths as there are `files`, in that order;
            returns the model and what became of each tensor.
        description: A few words for lists.
        files: What each path is, in one word; in brackets at the end, what
            may be left out.
    """

    function: Callable[..., Converted]
    description: str
    files: tuple[str, ...]


CONVERTERS: dict[str, Converter] = {}


def register_converter(
    name: str,
    function: Callable[..., Converted],
    description: str,
    files: tuple[str, ...],
) -> None:
    """Makes a converter known to the command line.

    Args:
        name: Name for `zoo convert NAME`.
        function: As in `Converter`.
        description: As in `Converter`.
        files: As in `Converter`.

    Raises:
        ValueError: The name is taken.
    """
    if name in CONVERTERS:
        raise ValueError(f"A converter has that name. Received: name={name!r}")
    CONVERTERS[name] = Converter(function, description, files)


def convert(name: str, paths: Sequence[str | os.PathLike]) -> Converted:
    """Converts checkpoints to a model by a registered converter.

    Args:
        name: The converter's name.
        paths: The checkpoint's files, in the order of `Converter.files`.

    Returns:
        The model, and what became of each tensor.

    Raises:
        ValueError: No converter has that name (the nearest ones are
            suggested), or it takes another number of files.
        FileNotFoundError: There is no such file.
        CheckpointError: A file is damaged or of another model.
    """
    if name not in CONVERTERS:
        hint = checks.did_you_mean(name, CONVERTERS)
        raise ValueError(
            f"There is no converter of that name, but {sorted(CONVERTERS)}."
            f"{hint} Received: {name!r}"
        )
    converter = CONVERTERS[name]
    least = sum(not x.startswith("[") for x in converter.files)
    if not least <= len(paths) <= len(converter.files):
        raise ValueError(
            f"{name} takes the files {' '.join(converter.files)}. "
            f"Received: {len(paths)} files"
        )
    return converter.function(*paths)
