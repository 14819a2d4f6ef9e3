"""820 pieces of furniture and other things of a house, as meshes.

The catalogues of Sweet Home 3D that the Debian package sweethome3d-furniture
installs: by Andrew Kator and Jennifer Legaz, Reallusion, Scopia and the
contributors of Blend Swap; 175 models are CC0, the others CC BY 3.0.
"""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from . import limits
from .sources import file_state
from .voxel_sources import ShapeSource

FOLDER = Path("/usr/share/sweethome3d/furniture")  # as Debian has it
_CATALOGUE = "PluginFurnitureCatalog.properties"
SPLITS = ("all", "train", "test")
_EVERY = 5  # Each fifth piece is for tests.


@dataclasses.dataclass(frozen=True)
class Piece:
    """A model of a catalogue.

    Attributes:
        file: The catalogue, a zip file.
        member: Its OBJ file within.
        name: Its name, as "Round table".
        category: Its category, as "Living room".
        tags: Words, as "Seat, Wood".
        creator: Who made it.
        rotation: Nine numbers, rows of the matrix that sets it upright, or
            `None`.
    """

    file: Path
    member: str
    name: str
    category: str = ""
    tags: str = ""
    creator: str = ""
    rotation: tuple[float, ...] | None = None

    def fits(self, words: tuple[str, ...]) -> bool:
        """Return whether one of the words is in name, category or tags."""
        text = f"{self.name}, {self.category}, {self.tags}".lower()
        return any(re.search(rf"\b{re.escape(w)}s?\b", text) for w in words)


class FurnitureSource(ShapeSource):
    """Pieces of furniture, in the order of their catalogues.

    Args:
        words: Words of which a piece must have one in its name, category or
            tags; none for all.
        split: "all", or "test" for each fifth piece, "train" for the others.
        folder: Where the catalogues are.
    """

    def __init__(
        self,
        words: tuple[str, ...] = (),
        split: str = "all",
        folder: Path = FOLDER,
    ):
        self.pieces = select(catalogue(folder), words, split)
        if not self.pieces:
            raise ValueError(
                "There is no piece of furniture with such a word in its name, "
                f"category or tags. Received: {', '.join(words)}"
            )
        files = {piece.file for piece in self.pieces}
        self._zips = {file: zipfile.ZipFile(file) for file in files}

    def __len__(self) -> int:
        return len(self.pieces)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        piece = self.pieces[index]
        return f"{piece.file}/{piece.member}"

    def read(self, index: int) -> tuple[bytes, str]:
        """Return a file's bytes and its ending."""
        piece = self.pieces[index]
        return limits.read_member(self._zips[piece.file], piece.member), "obj"

    def rotation(self, index: int) -> np.ndarray | None:
        """Return the matrix that sets a mesh upright, or `None`."""
        numbers = self.pieces[index].rotation
        return None if numbers is None else np.reshape(numbers, (3, 3))

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        states = sorted((file.name, *file_state(file)) for file in self._zips)
        return states, [piece.member for piece in self.pieces]


def select(
    pieces: list[Piece], words: tuple[str, ...], split: str
) -> list[Piece]:
    """Return the pieces that have one of the words, and are of the split."""
    if words:
        pieces = [piece for piece in pieces if piece.fits(words)]
    if split == "all":
        return pieces
    return [
        piece
        for index, piece in enumerate(pieces)
        if (index % _EVERY == _EVERY - 1) == (split == "test")
    ]


def catalogue(folder: Path = FOLDER) -> list[Piece]:
    """List all pieces of the catalogues in a folder.

    Args:
        folder: With one or more .sh3f files.

    Returns:
        The pieces, by catalogue and number.

    Raises:
        FileNotFoundError: There is none.
        ValueError: One is damaged.
    """
    files = sorted(folder.glob("*.sh3f"))
    if not files:
        raise FileNotFoundError(
            "The furniture is not on this computer. Install the Debian package "
            "sweethome3d-furniture (apt-get install --no-install-recommends "
            f"sweethome3d-furniture). Received: {folder} without .sh3f files"
        )
    return [piece for file in files for piece in _pieces(file)]


def _pieces(file: Path) -> list[Piece]:
    try:
        with zipfile.ZipFile(file) as archive:
            text = limits.read_member(archive, _CATALOGUE).decode("latin-1")
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(
            f"{file} is damaged or not a catalogue of furniture: {error}. "
            f"Received: {file.stat().st_size} bytes"
        ) from error
    fields: dict[int, dict[str, str]] = {}
    for key, number, value in re.findall(
        r"^(\w+)#(\d+)\s*=\s*(.*?)\s*$", text, re.MULTILINE
    ):
        fields.setdefault(int(number), {})[key] = value
    return [
        _piece(file, entry)
        for _, entry in sorted(fields.items())
        if "model" in entry
    ]


def _piece(file: Path, entry: dict[str, str]) -> Piece:
    rotation = entry.get("modelRotation")
    return Piece(
        file,
        entry["model"].lstrip("/"),
        entry.get("name", ""),
        entry.get("category", ""),
        entry.get("tags", ""),
        entry.get("creator", ""),
        tuple(map(float, rotation.split())) if rotation else None,
    )
