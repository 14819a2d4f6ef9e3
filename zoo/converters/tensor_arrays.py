"""From bytes and descriptions to arrays, with every size checked."""

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from zoo.converters.errors import CheckpointError, describe
from zoo.converters.tensor_records import StorageRecord, TensorRecord

MAX_DEPTH = 32
MAX_ENTRIES = 2_000_000
MAX_NAME = 1000

_ORDERS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}


def item_size(record: StorageRecord) -> int:
    """Returns the bytes of one element, as stored."""
    return 2 if record.dtype == "bfloat16" else np.dtype(record.dtype).itemsize


def elements(record: StorageRecord, data: bytes, order: str) -> np.ndarray:
    """Returns a storage's elements, in this machine's byte order.

    Args:
        record: The storage.
        data: Its bytes.
        order: "little" or "big".

    Returns:
        One-dimensional array; float32 for bfloat16.

    Raises:
        CheckpointError: There are too many or too few bytes.
    """
    if len(data) != record.size * item_size(record) or order not in _ORDERS:
        raise CheckpointError(
            f"Expected {record.size} elements of {record.dtype}, in byte "
            f"order little or big. Received: {len(data)} bytes, {order!r}"
        )
    stored = {"bfloat16": "uint16", "bool": "uint8"}.get(record.dtype)
    dtype = np.dtype(stored or record.dtype)
    values = np.frombuffer(data, dtype.newbyteorder(_ORDERS[order]))
    values = values.astype(dtype, copy=False)
    if record.dtype == "bfloat16":  # The upper half of a float32.
        values = values.astype("uint32")
        values <<= 16
        values = values.view("float32")
    elif record.dtype == "bool":
        values = values != 0
    return values


def named_tensors(value: Any) -> Iterator[tuple[str, TensorRecord]]:
    """Yields all tensors in nested containers, with their names.

    Args:
        value: What a `PickleReader` returned. It may hold itself.

    Yields:
        Name (keys joined by dots, without a leading `state_dict`) and tensor.

    Raises:
        CheckpointError: Two tensors have one name, or the containers are
            nested too deeply or name the same things too often.
    """
    pending: list[tuple[tuple, Any]] = [((), value)]
    names = set()
    entries = 0
    while pending:
        path, value = pending.pop()
        if isinstance(value, TensorRecord):
            name = _name(path)
            if name in names:
                raise CheckpointError(
                    f"Names of tensors must differ. Received: {name!r} twice"
                )
            names.add(name)
            yield name, value
            continue
        children = _children(value)
        entries += len(children)
        if entries > MAX_ENTRIES or len(path) > MAX_DEPTH:
            raise CheckpointError(
                f"A checkpoint may have {MAX_ENTRIES} entries, nested "
                f"{MAX_DEPTH} deep. Received: more, at {describe(path)}"
            )
        pending += [((*path, k), v) for k, v in reversed(children)]


def _children(value):
    if type(value) is dict:
        return list(value.items())
    if type(value) in (list, tuple):
        return list(enumerate(value))
    return []


def _name(path):
    parts = [str(x) for x in path[path[:1] == ("state_dict",) :]]
    if sum(map(len, parts)) > MAX_NAME:
        raise CheckpointError(
            f"A tensor's name may have {MAX_NAME} characters. "
            f"Received: {describe(path)}"
        )
    return ".".join(parts)


def view(tensor: TensorRecord, storages: dict[str, np.ndarray]) -> np.ndarray:
    """Returns a tensor's part of its storage, without copying it.

    Args:
        tensor: The tensor.
        storages: Elements of all storages, by key.

    Returns:
        Read-only array.

    Raises:
        CheckpointError: The tensor reaches beyond its storage.
    """
    values = storages[tensor.storage.key]
    count = math.prod(tensor.shape)
    last = tensor.offset + sum(
        (size - 1) * stride
        for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    # More elements than the storage has would be repeated ones: a few bytes
    # could stand for any amount of memory once somebody copies them.
    if count and (count > values.size or last >= values.size):
        raise CheckpointError(
            "A tensor must lie within its storage. Received: "
            f"shape={tensor.shape}, strides={tensor.strides}, "
            f"offset={tensor.offset}, storage of {values.size} elements"
        )
    if not count:
        return np.zeros(tensor.shape, values.dtype)
    array = np.ndarray(
        tensor.shape,
        values.dtype,
        values,
        tensor.offset * values.itemsize,
        [x * values.itemsize for x in tensor.strides],
    )
    array.flags.writeable = False
    return array
