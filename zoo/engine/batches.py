"""Looks at the first batch before a training starts, for clear errors."""

import contextlib
import contextvars
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

# Rounding may leave [-1, 1] by a little, never by a grey level (2 / 255).
TOLERANCE = 1e-3

LOOKED_AT = 1 << 18
"""Values of a batch that are looked at in passing: a tenth of a millisecond."""

_in_passing: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "in_passing", default=False
)


@contextlib.contextmanager
def in_passing() -> Iterator[None]:
    """Has the checks within it look at some images of large batches only."""
    token = _in_passing.set(True)
    try:
        yield
    finally:
        _in_passing.reset(token)


def peek(data: Any, targets: Any = None) -> tuple[Any, Any]:
    """Returns the first batch of whatever `fit` accepts, and the data.

    Args:
        data: Array or tuple of arrays, `tf.data.Dataset`, PyTorch
            `DataLoader`, `keras.utils.PyDataset` or Python generator.
        targets: Array that goes with arrays, such as labels.

    Returns:
        Tuple of the first batch (`None` where there is none; all of arrays)
        and data that still yield it.
    """
    if isinstance(data, keras.utils.PyDataset):
        return (data[0] if len(data) else None), data
    if hasattr(data, "__next__"):
        batch = next(data, None)
        return batch, _with_first(batch, data)
    if _is_arrays(data):
        # A tuple given to `fit` is its inputs, not inputs and targets.
        whole = (data,) if targets is None else (data, targets)
        return whole, data
    if not hasattr(data, "__iter__"):
        raise ValueError(
            "Expected arrays, a tf.data.Dataset, a PyTorch DataLoader, a "
            f"PyDataset or a generator. Received: {data!r}"
        )
    return next(iter(data), None), data


def check_shares(
    data: Any, batch: Any, batch_size: int | None, devices: int
) -> None:
    """Checks that devices can share batches, before some are trained on.

    Args:
        data: What `peek` was given.
        batch: The first batch, of data that are no arrays.
        batch_size: Batch size for arrays; 32 where it is `None`.
        devices: Number of devices that get equal shares.

    Raises:
        ValueError: The first batch, or the last one of arrays, can't be
            divided by the number of devices.
    """
    if _is_arrays(data):
        count, size = len(keras.tree.flatten(data)[0]), batch_size or 32
        sizes = [min(size, count), count % size]
    else:
        sizes = [len(keras.tree.flatten(batch)[0])]
    uneven = [size for size in sizes if size % devices]
    if uneven:
        raise ValueError(
            f"Expected batches that {devices} devices can share equally; drop "
            "a last batch that is not whole, or choose another batch size. "
            f"Received: a batch of {uneven[0]}"
        )


def _with_first(batch, data):
    """A generator, since Keras takes no other iterator."""
    yield batch
    yield from data


def as_tensors(batch: Any) -> Any:
    """Returns a batch whose arrays are tensors, and its floats float32.

    What Keras' data adapters do to the batches of `fit`; `train_on_batch`
    hands arrays of NumPy on as they are, and PyTorch joins none to tensors.

    Args:
        batch: Arrays and tensors, in any structure, or `None`.
    """

    def convert(x):
        x = ops.convert_to_tensor(x)
        floats = keras.backend.is_float_dtype(x.dtype)
        return ops.cast(x, "float32") if floats else x

    return keras.tree.map_structure(
        lambda x: x if x is None else convert(x), batch
    )


def can_shuffle(data: Any) -> bool:
    """Returns whether Keras, and not whoever made the data, shuffles them."""
    return _is_arrays(data) or isinstance(data, keras.utils.PyDataset)


def _is_arrays(data):
    return hasattr(data, "__array__") or isinstance(data, (tuple, list, dict))


def check_images(
    images: Any, image_shape: tuple[Any, ...], what: str = "images"
) -> None:
    """Checks a batch of images.

    Args:
        images: Array or tensor.
        image_shape: Expected `(height, width, channels)`.
        what: What the images are, for the message.

    Raises:
        ValueError: Images of another shape or dtype, out of [-1, 1], or not
            finite.
    """
    expected = f"float {what} of shape (batch, {_sizes(image_shape)})"
    low, high = _range(
        images,
        image_shape,
        expected,
        " in [-1, 1]; convert 8-bit images with `images / 127.5 - 1`",
    )
    if not (low >= -1 - TOLERANCE and high <= 1 + TOLERANCE):
        hint = ""
        if low >= 0 and 1 < high <= 255:
            hint = "; scale images in [0, 255] with `images / 127.5 - 1`"
        raise ValueError(
            f"Expected {expected} in [-1, 1]{hint}. "
            f"Received: values in [{low:g}, {high:g}]"
        )


def warn_of_other_range(batch: Any) -> None:
    """Warns of images that seem to be in [0, 1], not in [-1, 1].

    They could be right, all of them bright, so that it is no error.

    Args:
        batch: A batch that was checked: images, and what comes with them.
    """
    for values in keras.tree.flatten(batch):
        if len(getattr(values, "shape", ())) < 4:
            continue  # Labels.
        values = keras.ops.convert_to_numpy(values)
        low, high = float(values.min()), float(values.max())
        if 0 <= low < high <= 1 + TOLERANCE:
            warnings.warn(
                "The images seem to be in [0, 1], and models take them in "
                "[-1, 1]: if so, scale them with `images * 2 - 1`. "
                f"Received: values in [{low:g}, {high:g}]",
                stacklevel=4,
            )


def check_voxels(voxels: Any, shape: tuple[int | None, ...]) -> None:
    """Checks a batch of voxels.

    Args:
        voxels: Array or tensor.
        shape: Expected `(resolution, resolution, resolution, 1)`.

    Raises:
        ValueError: Voxels of another shape or dtype, out of [0, 1], or not
            finite.
    """
    expected = f"float voxels of shape (batch, {_sizes(shape)}) in [0, 1]"
    low, high = _range(
        voxels,
        shape,
        expected,
        "; convert occupancies with `voxels.astype('float32')`",
    )
    if not (low >= -TOLERANCE and high <= 1 + TOLERANCE):
        raise ValueError(
            f"Expected {expected}, 0 for empty and 1 for occupied. "
            f"Received: values in [{low:g}, {high:g}]"
        )


def _range(values, shape, expected, conversion):
    """Returns least and largest of a batch, if it has shape and dtype."""
    if not hasattr(values, "shape"):
        raise ValueError(f"Expected {expected}. Received: {type(values)}")
    values = keras.ops.convert_to_numpy(values)
    if values.dtype.kind == "V" or values.dtype.name == "bfloat16":
        values = values.astype("float32")
    if values.size == 0:
        raise ValueError(f"Expected {expected}. Received: none of them")
    if values.shape[1:] != tuple(shape):
        raise ValueError(f"Expected {expected}. Received: shape={values.shape}")
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(
            f"Expected {expected}{conversion}. Received: dtype={values.dtype}"
        )
    if _in_passing.get():
        values = _some(values)
    return float(values.min()), float(values.max())


def _some(values):
    """Returns at most about `LOOKED_AT` values: of every image or every nth."""
    for axis in range(2):
        step = -(-values.size // LOOKED_AT)
        some = (slice(None),) * axis + (slice(None, None, step),)
        values = values[some]
    return values


def _sizes(shape):
    return ", ".join(map(str, shape))
