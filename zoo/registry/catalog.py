"""The presets that are known by name."""

import dataclasses
import os
import pathlib
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.configs import model_class
from zoo.registry.errors import PresetError, PresetNotFoundError
from zoo.registry.foreign import ForeignPreset, foreign_preset
from zoo.registry.handles import source_of
from zoo.registry.metadata import METADATA, Metadata
from zoo.registry.preset import Preset
from zoo.utils import checks
from zoo.utils.tables import html_table

BUILT_IN = pathlib.Path(__file__).parent.parent / "presets"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A registered preset.

    Attributes:
        name: Its name.
        handle: Where it is.
        sha256: SHA-256 of its `metadata.json`, or `None`.
        description: One line for lists, where the metadata are not here yet.
    """

    name: str
    handle: str
    sha256: str | None = None
    description: str = ""

    def open(self) -> Preset:
        """Opens the preset."""
        return Preset(source_of(self.handle), self.sha256)


_entries: dict[str, Entry] = {}


def register_preset(
    name: str,
    handle: str | os.PathLike,
    sha256: str | None = None,
    description: str = "",
) -> None:
    """Makes a preset known by a name.

    Args:
        name: The name, for `from_preset` and the command line.
        handle: A directory, or `file://`, `https://`, `hf://`, `kaggle://`.
        sha256: SHA-256 of its `metadata.json`. With it nothing but this very
            preset is ever loaded, whoever controls the place.
        description: One line for `list_presets`.

    Raises:
        ValueError: The name is taken, or is not one.
    """
    if not name or "/" in name or ":" in name:
        raise ValueError(
            "The name of a preset must have no slashes or colons. "
            f"Received: name={name!r}"
        )
    if name in entries():
        raise ValueError(f"A preset has that name. Received: name={name!r}")
    _entries[name] = Entry(name, os.fspath(handle), sha256, description)


def entries() -> dict[str, Entry]:
    """Returns all registered presets, those of the package first."""
    found = sorted(path.parent for path in BUILT_IN.glob(f"*/{METADATA}"))
    built_in = {path.name: Entry(path.name, str(path)) for path in found}
    return built_in | _entries


def open_preset(handle: str | os.PathLike) -> Preset | ForeignPreset:
    """Finds a preset and reads its metadata.

    Where there are none, a directory or a repository may be of a format that
    `zoo.registry.foreign` knows.

    Args:
        handle: A registered name, a directory, `file://...`, `https://...`,
            `hf://user/name[@revision]` or `kaggle://...`.

    Returns:
        The preset.

    Raises:
        PresetNotFoundError: There is none; near names are suggested.
        PresetError: It is not a preset that can be read.
    """
    handle = os.fspath(handle)
    known = entries()
    if handle in known:
        return known[handle].open()
    if "://" not in handle and not pathlib.Path(handle).is_dir():
        hint = checks.did_you_mean(handle, known)
        raise PresetNotFoundError(
            "There is no preset of that name, and no such directory. "
            f"Registered are {', '.join(known)}.{hint} Received: {handle!r}"
        )
    source = source_of(handle)
    try:
        return Preset(source)
    except PresetNotFoundError:
        if (foreign := foreign_preset(source)) is not None:
            return foreign
        raise


_COLUMNS = ("preset", "model", "images", "parameters", "size", "about")


class PresetTable(list[Metadata | Entry]):
    """Presets as a list that a terminal or a notebook shows as a table."""

    def table(self) -> Table:
        """Returns a table for `rich`."""
        table = Table()
        table.add_column(_COLUMNS[0], no_wrap=True)  # To be copied whole.
        for column in _COLUMNS[1:-1]:
            table.add_column(column, overflow="fold")
        table.add_column(_COLUMNS[-1], ratio=1)
        for row in self._rows():
            table.add_row(*row)
        return table

    def _rows(self) -> Iterable[tuple[str, ...]]:
        for preset in self:
            if isinstance(preset, Entry):
                yield preset.name, "", "", "", "", preset.description
                continue
            yield (
                preset.name,
                preset.model.partition(">")[2],
                " x ".join(map(str, preset.images["shape"])),
                f"{sum(preset.parameters.values()):,}",
                f"{preset.size / 1e6:.1f} MB",
                preset.description,
            )

    def __str__(self) -> str:
        console = Console(width=120)
        with console.capture() as capture:
            console.print(self.table())
        return capture.get()

    __repr__ = __str__

    def _repr_html_(self):
        return html_table(_COLUMNS, self._rows())


def list_presets(
    model: type[GenerativeModel] | str | None = None,
) -> PresetTable:
    """Lists the registered presets.

    Args:
        model: Only those of this class, or of the class of this name.

    Returns:
        A list of `Metadata`, or of `Entry` for presets that are elsewhere
        (those are left out if `model` is given). A terminal or a notebook
        shows it as a table.
    """
    presets = PresetTable()
    for entry in entries().values():
        if "://" in entry.handle and not entry.handle.startswith("file://"):
            if model is None:
                presets.append(entry)
            continue
        try:
            metadata = entry.open().metadata
        except PresetError as error:  # The others are still worth a list.
            reason = f"can't be read: {error}"
            presets.append(dataclasses.replace(entry, description=reason))
            continue
        if model is None or _is_of(metadata.model, model):
            presets.append(metadata)
    return presets


def _is_of(registered_name, model):
    found = model_class(registered_name)
    names = [cls.__name__ for cls in found.__mro__]
    return (
        model in names if isinstance(model, str) else issubclass(found, model)
    )
