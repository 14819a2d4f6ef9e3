"""Reading safetensors files without the safetensors library.

The format is eight bytes of length, a JSON header of that length, and the
tensors' bytes: https://huggingface.co/docs/safetensors.
"""

import math
import os
from typing import BinaryIO

import numpy as np

from zoo.converters.errors import CheckpointError, describe, naming_file
from zoo.converters.tensor_arrays import elements, item_size
from zoo.converters.tensor_records import StorageRecord, natural, naturals
from zoo.utils.json import parse_json

MAX_HEADER_BYTES = 100_000_000
"""As in the reference implementation."""

_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
_METADATA = "__metadata__"
_KEYS = {"dtype", "shape", "data_offsets"}


def read_safetensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Returns the tensors in a safetensors file.

    Every number in the header is checked against the others and the file's
    size before an array is allocated, so that arrays take no more memory than
    the file's size (twice that for bfloat16).

    Args:
        path: The file.

    Returns:
        Read-only arrays by name, in the header's order. bfloat16 becomes
        float32. The header's `__metadata__` is left out.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is damaged or of another format.

    Example:
        ```python
        weights = read_safetensors("generator.safetensors")
        kernel = weights["main.0.weight"]
        ```
    """
    with open(path, "rb") as file, naming_file(path):
        return _read(file)


def looks_like_safetensors(start: bytes) -> bool:
    """Returns whether a file with these first nine bytes is one.

    Args:
        start: The first bytes, at least nine. Those of zip archives, of
            pickles and of JSON would be the length of a far longer header.
    """
    length = int.from_bytes(start[:8], "little")
    return length <= MAX_HEADER_BYTES and start[8:9] == b"{"


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    available = os.fstat(file.fileno()).st_size - 8
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(available, MAX_HEADER_BYTES):
        raise CheckpointError(
            f"A header must have 2 to {MAX_HEADER_BYTES} bytes and lie in the "
            f"file. Received: a header of {length} bytes, {available} there"
        )
    header = parse_json(file.read(length))
    if type(header) is not dict:
        raise CheckpointError(
            f"A header must be a JSON object. Received: {describe(header)}"
        )
    _check_metadata(header.pop(_METADATA, {}))
    tensors = {name: _tensor(name, x) for name, x in header.items()}
    _check_layout(tensors, available - length)
    arrays = {}
    for name, (record, shape, begin, end) in tensors.items():
        file.seek(8 + length + begin)
        values = elements(record, file.read(end - begin), "little")
        arrays[name] = values.reshape(shape)
        arrays[name].flags.writeable = False
    return arrays


def _check_metadata(metadata):
    texts = type(metadata) is dict and all(
        type(value) is str for value in metadata.values()
    )
    if not texts:
        raise CheckpointError(
            f"{_METADATA} must be an object of strings. "
            f"Received: {describe(metadata)}"
        )


def _tensor(name, entry):
    """Returns a tensor's storage, shape, and first and last offset."""
    known = type(entry) is dict and set(entry) == _KEYS
    if not known or type(entry["shape"]) is not list:
        raise CheckpointError(
            f"A tensor must have a dtype, a list as its shape, and offsets. "
            f"Received: {describe(name)}: {describe(entry)}"
        )
    dtype = entry["dtype"]
    if type(dtype) is not str or dtype not in _DTYPES:
        raise CheckpointError(
            f"A tensor's dtype must be one of {', '.join(_DTYPES)}. "
            f"Received: {describe(name)} of {describe(dtype)}"
        )
    shape = naturals("shape", tuple(entry["shape"]))
    offsets = entry["data_offsets"]
    if type(offsets) is not list or len(offsets) != 2:
        raise CheckpointError(
            "A tensor must have two offsets. "
            f"Received: {describe(name)} with {describe(offsets)}"
        )
    begin, end = (natural("offset", x) for x in offsets)
    record = StorageRecord(name, _DTYPES[dtype], math.prod(shape))
    if end - begin != record.size * item_size(record):
        raise CheckpointError(
            "A tensor's bytes must be those of its shape and dtype. Received: "
            f"{describe(name)}, {dtype} of shape {shape}, "
            f"{end - begin} bytes"
        )
    return record, shape, begin, end


def _check_layout(tensors, size):
    """Lets no bytes be shared, left out or beyond the end."""
    position = 0
    for name, (_, _, begin, end) in sorted(
        tensors.items(), key=lambda item: item[1][2:]
    ):
        if begin != position:
            raise CheckpointError(
                "Each tensor must begin where the one before it ends. "
                f"Received: {describe(name)} at byte {begin}, not {position}"
            )
        position = end
    if position != size:
        raise CheckpointError(
            f"The tensors must fill the file. Received: {position} bytes of "
            f"tensors, {size} bytes there"
        )
