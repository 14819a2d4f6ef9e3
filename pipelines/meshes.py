"""One mesh, or one grid of voxels, to a grid of the wanted resolution."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from . import limits

MESHES = ("obj", "off", "stl", "ply")
ENDINGS = (*MESHES, "binvox", "npz")

MARGIN = 1  # Empty voxels around a shape, so that no surface is cut off.
_SPACING = 0.45  # Voxels between samples of a surface, at most.
_MOST_SAMPLES = 1 << 20  # Of triangles that are sampled together.
_SAMPLES_TO_SPARE = 1 << 27
_GRIDS = 8  # Arrays in an npz file of one shape, of 8 bytes a number, at most.


def prepare(
    data: bytes,
    ending: str,
    resolution: int,
    up: str = "y",
    rotation: np.ndarray | None = None,
) -> np.ndarray:
    """Turn a whole file into voxels.

    Args:
        data: The file.
        ending: One of `ENDINGS`.
        resolution: Voxels along each side.
        up: Axis of a mesh or binvox file that points up, "y" or "z".
        rotation: Matrix `(3, 3)` that sets the mesh upright first.

    Returns:
        uint8 array `(resolution, resolution, resolution)` of 0 and 1; axes x,
        y and z, z up.

    Raises:
        ValueError: The file holds no shape, or one of another resolution.
        Exception: Of nearly any kind, if the file is damaged.
    """
    if ending == "npz":
        most = _GRIDS * 8 * resolution**3
        arrays = limits.read_npz(io.BytesIO(data), most)
        return check_grid(only_array(arrays), resolution)
    import_trimesh()
    if ending == "binvox":
        import trimesh  # Optional.

        _check_binvox(data, resolution)
        loaded: Any = trimesh.load(io.BytesIO(data), file_type="binvox")
        grid = check_grid(loaded.matrix, resolution)
        return grid.transpose(0, 2, 1)[:, ::-1] if up == "y" else grid
    vertices, faces = read_mesh(data, ending)
    if rotation is not None:
        vertices = vertices @ rotation.T
    if up == "y":
        vertices = vertices[:, [0, 2, 1]] * [1, -1, 1]
    return voxelize(vertices, faces, resolution)


def _check_binvox(data: bytes, resolution: int) -> None:
    """Raise unless a binvox file holds as many voxels as it should."""
    header, _, runs = data.partition(b"\ndata\n")
    sizes = [line for line in header.splitlines() if line.startswith(b"dim ")]
    if sizes != [b"dim " + b" ".join([b"%d" % resolution] * 3)]:
        raise ValueError(
            f"Voxels must be {resolution} along each side, as `resolution` "
            f"says. Received: {sizes[:2]}"
        )
    count = int(np.frombuffer(runs, np.uint8)[1::2].sum(dtype=np.int64))
    if count != resolution**3:
        raise ValueError(
            f"A binvox file must hold all its voxels, {resolution**3}. "
            f"Received: {count}"
        )


def import_trimesh() -> None:
    """Raise an ImportError that says how to install trimesh."""
    try:
        import trimesh  # noqa: F401  # Optional.
    except ImportError as error:
        raise ImportError(
            "Meshes are read by the package trimesh: pip install "
            "'keras-generative-zoo[voxels]'"
        ) from error


def only_array(arrays: Any) -> np.ndarray:
    """Return the array "voxels" of an npz file, or the only one.

    Args:
        arrays: The opened file.

    Raises:
        ValueError: It holds several, none of that name.
    """
    names = list(arrays)
    if "voxels" in names or len(names) == 1:
        return arrays["voxels" if "voxels" in names else names[0]]
    raise ValueError(
        "An npz file must hold one array, or one named 'voxels'. "
        f"Received: arrays {names}"
    )


def check_grid(grid: np.ndarray, resolution: int) -> np.ndarray:
    """Return voxels of 0 and 1, as uint8.

    Args:
        grid: Numbers in [0, 1], or truth values, of shape `(..., resolution,
            resolution, resolution)`, or with a last axis of one channel.
        resolution: Voxels along each side.

    Raises:
        ValueError: They are something else.
    """
    received = f"Received: shape {grid.shape}, dtype {grid.dtype}"
    if grid.shape[-1:] == (1,) and resolution != 1:
        grid = grid[..., 0]
    if grid.shape[-3:] != (resolution,) * 3 or 0 in grid.shape:
        raise ValueError(
            f"Voxels must be {resolution} along each side, as `resolution` "
            f"says. {received}"
        )
    if grid.dtype.kind not in "bfiu":
        raise ValueError(f"Voxels must be numbers. {received}")
    low, high = grid.min(), grid.max()
    if not (low >= 0 and high <= 1):  # Written so that a NaN fails too.
        raise ValueError(
            "Voxels must be in [0, 1], 0 for empty and 1 for occupied. "
            f"Received: values from {low} to {high}"
        )
    return (grid > 0.5).astype(np.uint8)


def read_mesh(data: bytes, ending: str) -> tuple[np.ndarray, np.ndarray]:
    """Read vertices `(n, 3)` and triangles `(m, 3)` of a mesh file.

    Args:
        data: The file.
        ending: One of `MESHES`.

    Raises:
        ValueError: It holds no triangles, or vertices that are not finite.
    """
    import trimesh  # Optional.

    mesh = trimesh.load_mesh(
        io.BytesIO(data),
        file_type=ending,
        process=False,
        skip_materials=True,
    )
    vertices = np.asarray(mesh.vertices, np.float64)
    faces = np.asarray(mesh.faces, np.int64)
    if not len(faces):
        raise ValueError("it holds no faces")
    # Other vertices are none of the shape's.
    used, faces = np.unique(faces, return_inverse=True)
    vertices = vertices[used]
    bad = len(vertices) - int(np.isfinite(vertices).all(axis=1).sum())
    if bad:
        raise ValueError(
            f"{bad} of {len(vertices)} vertices are NaN or infinite"
        )
    return vertices, faces.reshape(-1, 3)


def voxelize(
    vertices: np.ndarray, faces: np.ndarray, resolution: int
) -> np.ndarray:
    """Centre a mesh, scale it to fit, and fill it.

    The surface is sampled more densely than the grid, and what it encloses is
    filled: most meshes of the world have small gaps, and are none the less
    meant to be solid.

    Args:
        vertices: `(n, 3)`, finite, z up.
        faces: Indices of triangles, `(m, 3)`.
        resolution: Voxels along each side.

    Returns:
        uint8 array `(resolution, resolution, resolution)` of 0 and 1.

    Raises:
        ValueError: The mesh is flat, or a point.
    """
    from scipy import ndimage  # Slow to import.

    low, high = vertices.min(axis=0), vertices.max(axis=0)
    longest = (high - low).max()
    if (high - low).min() <= 1e-9 * longest:
        raise ValueError(
            "it has no volume: its sides are "
            + " x ".join(f"{side:g}" for side in high - low)
        )
    # A side that ends between two voxels belongs to the inner one.
    scale = (1 - 1e-6) * (resolution - 2 * MARGIN) / longest
    places = (vertices - (low + high) / 2) * scale + resolution / 2
    shell = np.zeros((resolution,) * 3, bool)
    for points in _surface(places[faces]):
        shell[tuple(points.astype(np.int64).T)] = True
    return ndimage.binary_fill_holes(shell).astype(np.uint8)


def _surface(triangles: np.ndarray):
    """Yield points of triangles `(m, 3, 3)`, no farther apart than needed."""
    edges = triangles - np.roll(triangles, 1, axis=1)
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    parts = np.ceil(longest / _SPACING).clip(1).astype(int)
    if ((parts + 1) * (parts + 2) // 2).sum() > _SAMPLES_TO_SPARE:
        raise ValueError("its triangles overlap too much to be sampled")
    for n in np.unique(parts):
        i, j = np.mgrid[: n + 1, : n + 1].reshape(2, -1)
        i, j = i[i + j <= n], j[i + j <= n]
        weights = np.stack([i, j, n - i - j], axis=1) / n
        chosen = triangles[parts == n]
        size = max(1, _MOST_SAMPLES // len(weights))
        for start in range(0, len(chosen), size):
            points = weights @ chosen[start : start + size]
            yield points.reshape(-1, 3)
