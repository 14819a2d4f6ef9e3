"""What a pickle of tensors may hold: descriptions, checked one by one."""

import dataclasses
from typing import Any

from zoo.converters.errors import CheckpointError, describe

DTYPES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}


@dataclasses.dataclass(frozen=True)
class StorageRecord:
    """A storage, as the pickle names it.

    Attributes:
        key: Name of the storage in the file.
        dtype: Name of a NumPy type, or "bfloat16".
        size: Number of elements.
    """

    key: str
    dtype: str
    size: int


@dataclasses.dataclass(frozen=True)
class TensorRecord:
    """A tensor, as the pickle describes it.

    Attributes:
        storage: Where its elements are.
        offset: Index of its first element in the storage.
        shape: Its shape.
        strides: Distances of neighbours along each axis, in elements.
    """

    storage: StorageRecord
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def natural(name: str, value: Any) -> int:
    """Returns a whole number of at most 2^48, which is not negative."""
    if type(value) is not int or not 0 <= value <= 1 << 48:
        raise CheckpointError(
            f"A tensor's {name} must be a number from 0 to 2^48. "
            f"Received: {name}={describe(value)}"
        )
    return value


def naturals(name: str, value: Any) -> tuple[int, ...]:
    """Returns a tuple of at most 32 whole numbers."""
    if type(value) is not tuple or len(value) > 32:
        raise CheckpointError(
            f"A tensor's {name} must be a tuple of at most 32 numbers. "
            f"Received: {name}={describe(value)}"
        )
    return tuple(natural(name, x) for x in value)


def _rebuild_tensor(storage, offset, shape, strides, *_):
    if not isinstance(storage, StorageRecord):
        raise CheckpointError(
            "A tensor must refer to a storage. "
            f"Received: storage={describe(storage)}"
        )
    shape, strides = naturals("shape", shape), naturals("strides", strides)
    if len(shape) != len(strides):
        raise CheckpointError(
            "A tensor must have as many strides as axes. "
            f"Received: shape={shape}, strides={strides}"
        )
    return TensorRecord(storage, natural("offset", offset), shape, strides)


def _rebuild_parameter(tensor, *_):
    if not isinstance(tensor, TensorRecord):
        raise CheckpointError(
            f"A parameter must hold a tensor. Received: {describe(tensor)}"
        )
    return tensor


def _ordered_dict(*items):
    if items:  # Pickles of Python 2 fill it so; PyTorch's never do.
        raise CheckpointError(
            "An ordered dictionary must be made empty. "
            f"Received: {describe(items)}"
        )
    return {}


CALLABLES = {
    "collections OrderedDict": _ordered_dict,
    "torch Size": lambda *sizes: tuple(*sizes),
    "torch._utils _rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils _rebuild_parameter": _rebuild_parameter,
}
"""What a pickle may call, by the name it uses: PyTorch's functions, as they
are here."""
STORAGES = {f"torch {name}Storage": dtype for name, dtype in DTYPES.items()}
"""The types that name a storage's dtype."""


def storage_record(value: Any) -> StorageRecord:
    """Returns the storage that a pickle's persistent identifier names.

    Args:
        value: `("storage", type, key, device, size)`, in old files with a
            sixth entry, the part of a storage that this one is: None.
    """
    if type(value) is not tuple or len(value) not in (5, 6):
        value = (None,) * 5
    kind, dtype, key, _, size, *view = value
    known = kind == "storage" and type(dtype) is str and type(key) is str
    known = known and len(key) <= 100 and dtype in DTYPES.values()
    if not known or view not in ([], [None]):
        raise CheckpointError(
            "A storage must be named by its type, key and size. "
            f"Received: {describe(value)}"
        )
    return StorageRecord(key, dtype, natural("storage size", size))
