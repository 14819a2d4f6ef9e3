"""Shaded pictures of voxels, by NumPy alone.

Rays of an orthographic camera walk from voxel to voxel until they hit an
occupied one. The walk does not depend on the shape, so it is taken once and
serves all shapes of a resolution.
"""

import functools
from typing import Any

import numpy as np

from zoo.utils import checks

_LIGHT = np.array([-0.27, -0.53, 0.8])  # Of length 1: from the upper left.
_COLOR = np.array([0.35, 0.56, 0.86])
_BACKGROUND = np.array([1.0, 1.0, 1.0])
_AMBIENT = 0.38
"""Share of the light that comes from everywhere."""
_SMOOTHNESS = 0.55
"""Share of a normal that is the surface's, beside that of the voxel's face."""
_SAMPLES = 2
"""Rays along each side of a pixel."""


def render_voxels(
    voxels: Any,
    size: int = 96,
    threshold: float = 0.5,
    azimuth: float = -60.0,
    elevation: float = 25.0,
) -> np.ndarray:
    """Renders shapes, lit from the upper front, on white.

    Args:
        voxels: Occupancies in [0, 1], `(count, n, n, n)` or `(count, n, n, n,
            1)`; axes x, y, z, with z up.
        size: Height and width of a picture, in pixels.
        threshold: Occupancy above which a voxel is shown.
        azimuth: Where the camera stands, in degrees from the x axis; at -90 it
            looks along the y axis, at fronts.
        elevation: Degrees by which it looks down, from 0 to 90.

    Returns:
        float32 array `(count, size, size, 3)` in [-1, 1].

    Raises:
        ValueError: Voxels of another shape, or a size that is not positive.
    """
    voxels = np.asarray(voxels)
    if voxels.ndim == 5 and voxels.shape[-1] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim != 4 or len(set(voxels.shape[1:])) != 1:
        raise ValueError(
            "Expected voxels of shape (count, n, n, n), or with one channel. "
            f"Received: shape={voxels.shape}"
        )
    size = checks.positive_integer("size", size)
    view = _view(voxels.shape[1], size * _SAMPLES, azimuth, elevation)
    pictures = [_render(shape > threshold, *view) for shape in voxels]
    pixels = np.array(pictures).reshape(-1, size, _SAMPLES, size, _SAMPLES, 3)
    return (pixels.mean(axis=(2, 4)) * 2 - 1).astype("float32")


def _render(solid, cells, axes, signs):
    """Colors of all rays, `(rays, 3)` in [0, 1]."""
    n = len(solid)
    hits = np.append(solid.ravel(), False)[cells]
    first = hits.argmax(axis=0)
    rays = np.flatnonzero(hits[first, np.arange(len(first))])
    first = first[rays]
    place = np.array(np.unravel_index(cells[first, rays], solid.shape)).T
    face = np.eye(3)[axes[first, rays]] * signs

    soft = _blurred(np.pad(solid.astype("float32"), 2))
    slopes = np.stack(list(np.gradient(soft)), axis=-1)
    surface = -slopes[tuple((place + 2).T)]
    # Within thin plates the slope is about 0, and its direction noise.
    length = np.linalg.norm(surface, axis=1, keepdims=True)
    surface /= np.maximum(length, 0.1)
    normal = (1 - _SMOOTHNESS) * face + _SMOOTHNESS * surface
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)

    # What stands around the face keeps the light of the sky away.
    outside = tuple((place + 2 + face.astype(int)).T)
    ambient = _AMBIENT * (1 - 1.1 * np.clip(soft[outside] - 0.25, 0, 0.6))
    lambert = (1 - _AMBIENT) * np.clip(normal @ _LIGHT, 0, None)
    depth = 1 - 0.25 * first / (3 * n)  # Farther voxels are a little darker.
    shade = np.clip((ambient + lambert) * depth * 1.1, 0, 1)
    colors = np.tile(_BACKGROUND, (cells.shape[1], 1))
    colors[rays] = shade[:, None] * _COLOR + (shade[:, None] ** 4) * 0.14
    return colors


def _blurred(x):
    """Mean of a voxel and its 26 neighbours, twice."""
    for axis in (0, 1, 2) * 2:
        x = (np.roll(x, 1, axis) + x + np.roll(x, -1, axis)) / 3
    return x


@functools.lru_cache(maxsize=4)
def _view(n, size, azimuth, elevation):
    """The walk of each ray through a grid of n^3 voxels.

    Returns:
        Voxels in their order, indices `(steps, rays)`, n^3 for none; the axis
        of the face by which each is entered, of the same shape; and the sign
        of that face's normal along each axis, `(3,)`.
    """
    a, e = np.deg2rad([azimuth, elevation])
    toward = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    # A camera along an axis would divide by zero.
    toward = np.where(np.abs(toward) < 1e-6, 1e-6, toward)
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    up = np.cross(toward, right)
    reach = max(np.abs(right).sum(), np.abs(up).sum()) / 2 * n
    screen = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(screen * reach, -screen * reach)
    origins = x.reshape(-1, 1) * right + y.reshape(-1, 1) * up + n / 2
    cells, axes = _walk(origins + 2 * n * toward, -toward, n)
    return cells, axes, np.sign(toward)


def _walk(origins, direction, n):
    """From voxel to voxel: Amanatides and Woo 1987."""
    step = np.sign(direction).astype(int)
    near = (np.where(step > 0, 0, n) - origins) / direction
    far = (np.where(step > 0, n, 0) - origins) / direction
    enter, leave = near.max(axis=1), far.min(axis=1)
    axis = near.argmax(axis=1)
    place = origins + (enter[:, None] + 1e-6) * direction
    cell = np.clip(np.floor(place).astype(int), 0, n - 1)
    following = (cell + (step > 0) - origins) / direction
    inside = enter < leave
    rays = np.arange(len(origins))
    cells, axes = [], []
    while inside.any():
        index = np.ravel_multi_index(np.clip(cell, 0, n - 1).T, (n,) * 3)
        cells.append(np.where(inside, index, n**3).astype("int32"))
        axes.append(axis.astype("int8"))
        axis = following.argmin(axis=1)
        cell[rays, axis] += step[axis]
        following[rays, axis] += np.abs(1 / direction)[axis]
        inside &= ((cell >= 0) & (cell < n)).all(axis=1)
    return np.array(cells), np.array(axes)
