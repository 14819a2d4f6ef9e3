"""Weights files: written by Keras, examined before Keras reads them."""

import math
import os
import pathlib
import warnings

import h5py
import keras
import numpy as np

from zoo.registry.errors import PresetFormatError, UnsafePresetError
from zoo.utils import hdf5


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

    Args:
        path: An HDF5 file.

    Returns:
        Number of elements of all its arrays.

    Raises:
        PresetFormatError: It is no HDF5 file, or is damaged.
        UnsafePresetError: An array is not as `zoo.utils.hdf5` asks for.
    """
    try:
        return hdf5.examine(path, str(path)).elements
    except hdf5.UnsafeFileError as error:
        raise UnsafePresetError(str(error)) from error
    except hdf5.DamagedFileError as error:
        raise PresetFormatError(str(error)) from error
