"""What shapes come from: arrays, npz files, folders of meshes."""

from __future__ import annotations

import abc
import hashlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from . import limits, meshes
from .files import walk
from .sources import Source, file_state


class ShapeSource(Source):
    """A source of one file per shape.

    Attributes:
        up: Axis of the files that points up, "y" or "z".
    """

    kind = "shapes"
    up = "y"

    @abc.abstractmethod
    def read(self, index: int) -> tuple[bytes, str]:
        """Return a file's bytes and its ending."""

    def rotation(self, index: int) -> np.ndarray | None:
        """Return a matrix `(3, 3)` that sets a mesh upright, if it needs one.

        It is applied before `up` is heeded.
        """
        return None

    def load(self, index: int, image_size: int, channels: int) -> np.ndarray:
        """Return uint8 voxels `(image_size, image_size, image_size)`.

        Raises:
            ValueError: If they cannot be read; the message names the file.
        """
        size = "no"
        try:
            data, ending = self.read(index)
            size = len(data)
            return meshes.prepare(
                data, ending, image_size, self.up, self.rotation(index)
            )
        except ImportError:
            raise
        # On a damaged file trimesh raises nearly anything.
        except Exception as error:
            raise ValueError(
                f"Cannot read the shape {self.name(index)}: {error}. Repair "
                "or delete it, or leave such shapes out with "
                f"on_error='skip'. Received: {size} bytes"
            ) from error


class ShapeFolder(ShapeSource):
    """The meshes and grids of a folder and its subfolders, sorted by path.

    Args:
        folder: The folder.
        up: Axis of the files that points up.
    """

    def __init__(self, folder: Path, up: str):
        self.folder = folder
        self.up = up
        self.paths = sorted(
            path
            for path in walk(folder)
            if PurePosixPath(path).suffix[1:].lower() in meshes.ENDINGS
        )
        if not self.paths:
            raise ValueError(
                f"The folder {folder} holds no shape. Accepted endings: "
                f"{', '.join(meshes.ENDINGS)}. Received: source={str(folder)!r}"
            )

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return str(self.folder / self.paths[index])

    def read(self, index: int) -> tuple[bytes, str]:
        """Return a file's bytes and its ending."""
        path = self.folder / self.paths[index]
        return limits.read_file(path), path.suffix[1:].lower()

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        states = [(p, *file_state(self.folder / p)) for p in self.paths]
        return self.up, states


class VoxelArray(Source):
    """Voxels in memory.

    Args:
        array: `(n, resolution, resolution, resolution)`, or with one channel;
            truth values, or numbers in [0, 1].
        resolution: Voxels along each side.
    """

    kind = "shapes"

    def __init__(self, array: np.ndarray, resolution: int):
        if array.ndim not in (4, 5):
            raise ValueError(
                "An array of voxels must have the shape (n, resolution, "
                "resolution, resolution), or one axis more of one channel. "
                f"Received: shape {array.shape}"
            )
        self.array = meshes.check_grid(array, resolution)

    def __len__(self) -> int:
        return len(self.array)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return f"number {index} of the array"

    def load(self, index: int, image_size: int, channels: int) -> np.ndarray:
        """Return what is prepared of that index."""
        return self.array[index]

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        digest = hashlib.sha256(
            np.ascontiguousarray(self.array).data
        ).hexdigest()
        return digest, self.array.shape
