"""Voxels as smooth surfaces, in the files of tools that make or print them."""

import importlib.util
import os
import pathlib
import warnings
from typing import Any

import numpy as np

from zoo.utils import checks
from zoo.utils.files import output_directory, replacing

MESHES = (".glb", ".obj", ".stl", ".ply")
"""Endings of the files that can be written."""

_GAP = 1.2  # From shape to shape, in sides of a grid.
_NUDGE = 1e-4  # In probability: a voxel on the surface has no triangles.
_COLOR = (0.35, 0.56, 0.86, 1.0)


def save_meshes(
    voxels: Any,
    path: str | os.PathLike,
    threshold: float = 0.5,
    columns: int = 8,
) -> pathlib.Path:
    """Writes shapes as closed surfaces of triangles, side by side in a file.

    The surface goes where the probability is `threshold` between voxels
    (marching cubes, Lewiner et al. 2003), so that it is smooth; of 0 and 1
    alone it has steps. A grid is 1 long, wide and high. Triangles are
    counterclockwise as seen from outside. As these formats have it, y is up in
    GLB and z in the others; in each, the grids' bottoms are at 0.

    Args:
        voxels: Probabilities in [0, 1] such as `zoo.GAN3D.generate` makes,
            `(count, n, n, n)` or `(count, n, n, n, 1)`; axes x, y, z, z up.
        path: File to write: `.glb` (a node for each shape), `.obj`, `.stl` or
            `.ply`. Its directory is made.
        threshold: Probability at which the surface is, between 0 and 1.
        columns: Shapes in a row.

    Returns:
        The path.

    Raises:
        ValueError: Voxels of another shape or range, a threshold out of its
            range, another ending, or no voxel above the threshold in any of
            the shapes.
        ImportError: scikit-image or trimesh is not installed.
        OSError: It can't be written.
    """
    path = pathlib.Path(path).expanduser()
    check_meshes(path)
    columns = checks.positive_integer("columns", columns)
    found = [mesh_of(shape, threshold) for shape in _grids(voxels)]
    empty = [i for i, mesh in enumerate(found) if mesh is None]
    if len(empty) == len(found):
        raise ValueError(
            "Expected shapes with voxels above the threshold. "
            f"Received: {len(found)} without, threshold={threshold}"
        )
    if empty:
        warnings.warn(
            f"Shapes {empty} have no voxel above the threshold, and are left "
            "out.",
            stacklevel=2,
        )
    named = {}
    for i, mesh in enumerate(found):
        if mesh is not None:
            row, column = divmod(i, columns)
            mesh.apply_translation((_GAP * column, -_GAP * row, 0))
            named[f"shape_{i}"] = mesh
    output_directory(path.absolute().parent)
    with replacing(path) as temporary:
        _write(named, temporary)
    return path


def mesh_of(voxels: np.ndarray, threshold: float = 0.5) -> Any:
    """Returns the surface of a shape, z up, in the cube over [-1/2, 1/2]^2.

    Args:
        voxels: Probabilities `(n, n, n)` in [0, 1].
        threshold: Where the surface is, between 0 and 1.

    Returns:
        A watertight `trimesh.Trimesh`, or `None` of an empty shape.

    Raises:
        ValueError: A threshold out of its range.
    """
    # Optional, and slow to import.
    import trimesh
    from skimage.measure import marching_cubes

    if not (checks.is_number(threshold) and 0 < threshold < 1):
        raise ValueError(
            "Argument `threshold` must be between 0 and 1. "
            f"Received: threshold={threshold!r}"
        )
    if not (voxels > threshold).any():
        return None
    # Empty all around, so that the surface is closed.
    field = np.pad(voxels.astype("float64"), 1)
    near = np.abs(field - threshold) < _NUDGE
    field = np.where(near, threshold - _NUDGE, field)
    vertices, faces, _, _ = marching_cubes(
        field, threshold, gradient_direction="ascent"
    )
    vertices = (vertices - 0.5) / len(voxels) - [0.5, 0.5, 0]
    return trimesh.Trimesh(vertices, faces)


def check_meshes(path: pathlib.Path) -> None:
    """Makes sure, before shapes are made, that they can be written.

    Args:
        path: The file.

    Raises:
        ValueError: Another ending than those of `MESHES`.
        ImportError: What writes it is not installed.
    """
    if path.suffix.lower() not in MESHES:
        raise ValueError(
            f"Expected a file that ends in one of {', '.join(MESHES)}. "
            f"Received: {str(path)!r}"
        )
    needed = ("skimage", "trimesh")
    if any(importlib.util.find_spec(x) is None for x in needed):
        raise ImportError(
            "To write meshes needs: pip install 'keras-generative-zoo[voxels]' "
            f"(scikit-image and trimesh). Received: {str(path)!r}"
        )


def _grids(voxels):
    voxels = np.asarray(voxels)
    if voxels.ndim == 5 and voxels.shape[-1] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim != 4 or len(set(voxels.shape[1:])) != 1 or not voxels.size:
        raise ValueError(
            "Expected voxels of shape (count, n, n, n), or with one channel. "
            f"Received: shape={voxels.shape}"
        )
    if not (voxels.min() >= 0 and voxels.max() <= 1):
        raise ValueError(
            "Expected voxels in [0, 1]. Received: from "
            f"{voxels.min()} to {voxels.max()}"
        )
    return voxels


def _write(named, path):
    """Writes meshes by name; their own are z up."""
    # Optional, and slow to import.
    import trimesh
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import PBRMaterial

    if path.suffix.lower() != ".glb":
        trimesh.util.concatenate(list(named.values())).export(path)
        return
    scene = trimesh.Scene()
    for name, mesh in named.items():
        # Without a material, viewers take it for metal, which is dark.
        mesh.visual = TextureVisuals(
            material=PBRMaterial(
                baseColorFactor=_COLOR, metallicFactor=0.0, roughnessFactor=0.8
            )
        )
        mesh.vertices = mesh.vertices[:, [0, 2, 1]] * [1, 1, -1]
        scene.add_geometry(mesh, geom_name=name, node_name=name)
    path.write_bytes(scene.export(file_type="glb", include_normals=True))
