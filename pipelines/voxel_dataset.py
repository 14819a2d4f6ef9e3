"""`pipelines.voxels`: batches of shapes, as grids of voxels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from . import checks, furniture, limits, meshes
from .building import finish, prepare
from .order import Order, call
from .packing import Request
from .sources import Source
from .voxel_sources import ShapeFolder, VoxelArray


def voxels(
    source: Any,
    resolution: int,
    batch_size: int,
    *,
    up: str = "y",
    split: str = "all",
    mirror: bool = False,
    turn: bool = False,
    passes: int = 1,
    shuffle: bool = True,
    shuffle_seed: int = 0,
    cache: bool | str | os.PathLike = True,
    repeat: bool = False,
    drop_remainder: bool = True,
    on_error: str = "raise",
) -> tf.data.Dataset:
    """Make a pipeline of batches of voxels, ready for `model.fit`.

    Meshes are set upright, centred, scaled so that their longest side fits
    the grid less a margin of one voxel, and made solid: what their surface
    encloses at this resolution is filled. They are read once, since that
    takes about ten seconds for a hundred of them; poses are drawn anew in each
    epoch.

    Order and poses of an epoch depend on `shuffle_seed` and the epoch's
    number alone; see `pipelines.images`.

    Example:
    ```python
    chairs = pipelines.voxels("furniture:chair,stool", 32, 16, mirror=True)
    model.fit(chairs, epochs=10)
    ```

    Args:
        source: One of
            an array `(n, resolution, resolution, resolution)` or with one
            channel, truth values or numbers in [0, 1], or an .npz file of
            one, named "voxels" or alone, with z up;
            a folder, searched with its subfolders, of .obj, .off, .stl, .ply,
            .binvox and .npz files, one shape in each;
            "furniture", the 820 models of the Debian package
            sweethome3d-furniture, or "furniture:WORD,WORD" for those with one
            of the words in their name, category or tags.
        resolution: Voxels along each side.
        batch_size: Shapes per batch.
        up: Axis of a folder's meshes and binvox files that points up, "y"
            (default) or "z".
        split: "all" (default), or for furniture "test", each fifth piece, or
            "train", the others.
        mirror: Mirror a random half of the shapes, left to right.
        turn: Turn shapes about the vertical, by 0, 90, 180 or 270 degrees at
            random.
        passes: Times that each shape comes in an epoch, each time in a pose
            of its own: small sets make for short epochs.
        shuffle: Another order in each epoch; otherwise the source's.
        shuffle_seed: Non-negative integer for order and poses.
        cache: `True` (default) holds the voxels in memory, 1 byte each. The
            path of a .npy file keeps them there, memory-mapped, and uses them
            again until source or resolution change. `False` reads files anew
            in each epoch.
        repeat: One endless iterator through epoch after epoch, for `fit` with
            `steps_per_epoch`. Batches do not cross epochs.
        drop_remainder: Leave out each epoch's last, smaller batch.
        on_error: "raise" (default) raises for a file that cannot be read, has
            no faces, no volume or vertices that are not finite, and names it;
            "skip" leaves such ones out and warns.

    Returns:
        A `tf.data.Dataset` of float32 batches of 0 and 1, of shape
        `(batch_size, resolution, resolution, resolution, 1)`: axes x, y and
        z, z up and fronts toward -y; with its exact cardinality.

    Raises:
        ValueError: If an argument or a shape is not as described.
        FileNotFoundError: If `source` is a path at which there is nothing, or
            the furniture is not installed.
        ImportError: If there are meshes to read and no trimesh.
    """
    checks.integer("resolution", resolution, minimum=4)
    checks.integer("batch_size", batch_size, minimum=1)
    checks.integer("passes", passes, minimum=1)
    checks.integer("shuffle_seed", shuffle_seed, minimum=0)
    checks.one_of("up", up, ("y", "z"))
    checks.one_of("split", split, furniture.SPLITS)
    checks.one_of("on_error", on_error, ("raise", "skip"))
    checks.cache(cache)
    opened = _open(source, resolution, up, split)
    # Packed as images are whose channels are a third axis.
    request = Request(opened, resolution, resolution, on_error == "skip")
    return _build(
        request,
        cache,
        passes,
        turn,
        batch_size=batch_size,
        flip=mirror,
        shuffle=shuffle,
        seed=shuffle_seed,
        repeat=repeat,
        drop_remainder=drop_remainder,
    )


def _build(
    request: Request, cache: Any, passes: int, turn: bool, **order: Any
) -> tf.data.Dataset:
    shapes = prepare(request, None, cache)
    length = shapes.count * passes
    checks.batch_fits(length, order["batch_size"], order["drop_remainder"])
    ordered = Order(shapes.count, length=length, draws=int(turn), **order)
    size = ordered.batch_size if ordered.drop_remainder else None
    batches = _Batches(shapes.load, (size, *(request.image_size,) * 3, 1))
    return finish(ordered.batches().map(batches, tf.data.AUTOTUNE))


def _open(source: Any, resolution: int, up: str, split: str) -> Source:
    name = source if isinstance(source, str) else ""
    kind, _, words = name.partition(":")
    if kind == "furniture":
        words = [word.strip().lower() for word in words.split(",")]
        return furniture.FurnitureSource(
            tuple(filter(None, words)), split, furniture.FOLDER
        )
    checks.one_of("split", split, ("all",))
    if isinstance(source, str | os.PathLike):
        return _open_path(Path(source).expanduser(), resolution, up)
    if hasattr(source, "__array__"):
        return VoxelArray(np.asarray(source), resolution)
    raise ValueError(
        "`source` must be an array, a folder, an .npz file or 'furniture'. "
        f"Received: source={source!r}, of type {type(source).__name__}"
    )


def _open_path(path: Path, resolution: int, up: str) -> Source:
    if path.is_dir():
        return ShapeFolder(path, up)
    if not path.is_file():
        raise FileNotFoundError(
            "There is no such file or folder, and the only name is "
            f"'furniture'. Received: source={str(path)!r}"
        )
    try:
        array = meshes.only_array(limits.read_npz(path))
    except Exception as error:  # NumPy raises many kinds for damaged files.
        raise ValueError(
            "A file must be an .npz with an array of voxels; single meshes "
            f"belong in a folder. {path}: {error}. "
            f"Received: source={str(path)!r}"
        ) from error
    return VoxelArray(array, resolution)


def posed(grid: np.ndarray, mirrored: bool, turns: int) -> np.ndarray:
    """Mirror voxels `(x, y, z)`, then turn them about the vertical.

    Args:
        grid: The voxels.
        mirrored: Whether to mirror them, left to right.
        turns: Number of quarter turns, from x to y.
    """
    return np.rot90(grid[::-1] if mirrored else grid, turns)


class _Batches:
    """Batches of voxels from places, flips and, to turn them, draws."""

    def __init__(self, load: Any, shape: tuple[int | None, ...]):
        self.load = load
        self.shape = shape

    def read(
        self, places: np.ndarray, flips: np.ndarray, draws: np.ndarray
    ) -> np.ndarray:
        """Return float32 voxels of shape `self.shape`."""
        turns = (4 * draws[:, 0]).astype(int)
        grids = zip(self.load(places), flips, turns, strict=True)
        grids = np.stack([posed(*grid) for grid in grids])
        return grids[..., None].astype(np.float32)

    def __call__(
        self, places: tf.Tensor, flips: tf.Tensor, draws: Any = None
    ) -> tf.Tensor:
        """Be what `Dataset.map` calls."""
        if draws is None:
            draws = tf.zeros_like(places, tf.float64)[:, None]
        grids = call(self.read, [places, flips, draws], tf.float32)
        grids.set_shape(self.shape)
        return grids
