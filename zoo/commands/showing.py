"""Looking at images: in a notebook, or in the system's own viewer."""

import importlib
import sys
from typing import Any

import keras
import numpy as np

from zoo.models.gan3d.rendering import render_voxels
from zoo.utils import checks
from zoo.utils.grids import from_uint8, image_grid


def show(images: Any, columns: int = 8) -> None:
    """Shows images side by side.

    In a notebook they appear beneath the cell, elsewhere in the program that
    the system shows pictures with. `zoo.image_grid` makes the same picture to
    keep.

    Args:
        images: Arrays or tensors of any backend: `(count, height, width,
            channels)` with one to four channels, a single image without
            `count`, or voxels `(count, x, y, z, 1)` in [0, 1], which are
            rendered. Floats in [-1, 1], or uint8.
        columns: Images per row.

    Raises:
        ValueError: Another shape, no image, or values far out of the range.

    Example:
        ```python
        model = zoo.DCGAN.from_preset("dcgan_fashion_mnist")
        zoo.show(model.generate(16, seed=0))
        ```
    """
    columns = checks.positive_integer("columns", columns)
    images = _images(keras.ops.convert_to_numpy(images))
    picture = image_grid(images, min(columns, len(images)))
    if _in_notebook():
        importlib.import_module("IPython.display").display(picture)
    else:
        picture.show()


def _images(values):
    """Returns a batch of images in [-1, 1]."""
    if values.ndim == 3:
        values = values[np.newaxis]
    if values.ndim == 5 and values.shape[-1] == 1 and len(values):
        return render_voxels(values)
    if (
        values.ndim != 4
        or not len(values)
        or values.shape[-1] not in range(1, 5)
    ):
        raise ValueError(
            "Expected images (count, height, width, channels), with one to "
            "four channels, or voxels (count, x, y, z, 1). "
            f"Received: shape {values.shape}"
        )
    if values.dtype == np.uint8:
        return from_uint8(values)
    if not np.abs(values).max() <= 2:  # NaN is refused too.
        raise ValueError(
            "Expected floats in [-1, 1], or uint8. Received: values from "
            f"{values.min():.4g} to {values.max():.4g}"
        )
    return values


def _in_notebook():
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")
