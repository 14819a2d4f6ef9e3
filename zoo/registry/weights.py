"""Weights files: written by Keras, examined before Keras reads them."""

import math
import os
import pathlib
import warnings
from collections.abc import Iterator

import h5py
import keras
import numpy as np

from zoo.registry.errors import (
    PresetError,
    PresetFormatError,
    UnsafePresetError,
)

MAX_DEPTH = 32
MAX_OBJECTS = 200_000


class Networks(keras.Model):
    """Several networks that are saved in one file.

    Args:
        networks: The networks, by the names they have in the file.
    """

    def __init__(self, networks: dict[str, keras.layers.Layer]):
        super().__init__()
        for name, network in networks.items():
            setattr(self, name, network)
        self.built = True

    def elements(self) -> int:
        """Returns the number of all weights' elements."""
        return sum(math.prod(weight.shape) for weight in self.weights)


def save_networks(
    networks: dict[str, keras.layers.Layer],
    path: pathlib.Path,
    half_precision: bool = False,
) -> None:
    """Writes networks' weights in Keras' format.

    Args:
        networks: The networks, by their names in the file.
        path: A path that ends in `.weights.h5`.
        half_precision: Whether to write float16 for float32.

    Raises:
        ValueError: A weight is too large for float16.
    """
    Networks(networks).save_weights(path)
    if half_precision:
        _halve(path)


def _halve(path):
    """Writes a file's float32 arrays as float16."""
    halved = path.with_name(f"half.{path.name}")
    with h5py.File(path, "r") as source, h5py.File(halved, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                made = target.require_group(name)
            else:
                array = item[()]
                if array.dtype == np.float32:
                    array = to_half(array)
                made = target.create_dataset(name, data=array)
            for key, value in item.attrs.items():
                made.attrs[key] = value

        source.visititems(copy)
    os.replace(halved, path)


def to_half(array: np.ndarray) -> np.ndarray:
    """Rounds numbers to float16.

    Args:
        array: float32.

    Raises:
        ValueError: One of them is too large.
    """
    limit = float(np.finfo("float16").max)
    if np.abs(array).max(initial=0) > limit:
        raise ValueError(
            f"Weights in half precision must be at most {limit:g}. "
            f"Received: {np.abs(array).max():g}"
        )
    return array.astype("float16")


def load_networks(
    networks: dict[str, keras.layers.Layer],
    path: pathlib.Path,
    skip_mismatch: bool = False,
) -> None:
    """Loads what `save_networks` wrote, once it has been examined.

    Args:
        networks: The networks, by their names in the file.
        path: The file.
        skip_mismatch: Whether layers whose weights have other shapes keep
            what they have; a warning names them.

    Raises:
        PresetFormatError: It is damaged, or belongs to other networks.
        UnsafePresetError: It refers to other files, or claims more than it
            holds.
    """
    bundle = Networks(networks)
    found, expected = count_elements(path), bundle.elements()
    if found != expected and not skip_mismatch:
        raise PresetFormatError(
            f"The weights are of another architecture. Expected {expected} "
            f"numbers for {', '.join(networks)}. Received: {found} in {path}"
        )
    try:
        with warnings.catch_warnings(record=skip_mismatch) as skipped:
            # Keras only warns of some gaps.
            warnings.simplefilter("always" if skip_mismatch else "error")
            bundle.load_weights(path, skip_mismatch=skip_mismatch)
    except (
        UserWarning,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OSError,
        RuntimeError,
    ) as error:
        raise PresetFormatError(
            "The weights are of another architecture, or damaged. "
            f"Received: {path} ({error})"
        ) from error
    for warning in skipped or ():
        message = str(warning.message)
        if "could not be loaded" in message:  # Others are of empty groups.
            warnings.warn(message, stacklevel=2)


def count_elements(path: pathlib.Path) -> int:
    """Examines a weights file; allocates nothing for its arrays.

    Every array must lie in the file, plainly: not compressed, not sparse, not
    in another file, no objects. Then memory is bounded by the file's size.

    Args:
        path: An HDF5 file.

    Returns:
        Number of elements of all its arrays.

    Raises:
        PresetFormatError: It is no HDF5 file, or is damaged.
        UnsafePresetError: An array is not as above.
    """
    size = os.path.getsize(path)
    elements: int = 0
    stored: int = 0
    try:
        with h5py.File(path, "r") as file:
            for name, array in _arrays(file):
                _check_array(name, array, path)
                elements += array.size
                stored += array.id.get_storage_size()
    except PresetError:
        raise
    except (OSError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise PresetFormatError(
            f"Expected a weights file in HDF5. Received: {path} ({error})"
        ) from error
    if stored > size:
        raise UnsafePresetError(
            f"The arrays of {path} share bytes. Received: {stored} bytes of "
            f"arrays in a file of {size}"
        )
    return elements


def _arrays(file) -> Iterator[tuple[str, h5py.Dataset]]:
    pending = [("", file, 0)]
    objects = 0
    while pending:
        prefix, group, depth = pending.pop()
        for key in group:
            objects += 1
            name = f"{prefix}/{key}"
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise UnsafePresetError(
                    "A weights file must not refer to other places. "
                    f"Received: {name[:200]} is a {type(link).__name__}"
                )
            if depth >= MAX_DEPTH or objects > MAX_OBJECTS:
                raise UnsafePresetError(
                    f"Expected at most {MAX_OBJECTS} objects, {MAX_DEPTH} "
                    f"deep. Received: more, at {name[:200]}"
                )
            value = group[key]
            if isinstance(value, h5py.Group):
                pending.append((name, value, depth + 1))
            else:
                yield name, value


def _check_array(name, array, path):
    if not isinstance(array, h5py.Dataset) or array.dtype.kind not in "biuf":
        raise UnsafePresetError(
            "A weights file holds arrays of numbers only. "
            f"Received: {name[:200]} in {path}"
        )
    layout = array.id.get_create_plist()
    plain = layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
    claimed = math.prod(array.shape) * array.dtype.itemsize
    if (
        not plain
        or layout.get_nfilters()
        or layout.get_external_count()
        or array.id.get_storage_size() != claimed
    ):
        raise UnsafePresetError(
            "Arrays must be stored plainly, whole, and in the file itself. "
            f"Received: {name[:200]} of shape {array.shape} in {path}"
        )
