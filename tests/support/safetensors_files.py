"""Writes safetensors files by hand, so that tests can also write wrong ones.

From the format's description: eight bytes of length, little-endian, a JSON
header of that length, the tensors' bytes without gaps.
"""

import json
import struct

import numpy as np

NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
    """Returns a header's entry."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def write_parts(path, header, data=b"", length=None):
    """Writes a header (a dict, or its bytes) and data as they are."""
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    length = len(header) if length is None else length
    path.write_bytes(struct.pack("<Q", length) + header + data)


def write_safetensors(path, arrays, **metadata):
    """Writes arrays by name, as the safetensors library would."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, array in arrays.items():
        array = np.asarray(array)
        stored = array.astype(array.dtype.newbyteorder("<")).tobytes()
        offsets = (len(data), len(data) + len(stored))
        header[name] = tensor(NAMES[array.dtype.name], array.shape, offsets)
        data += stored
    text = json.dumps(header).encode()
    write_parts(path, text + b" " * (-len(text) % 8), data)


def example():
    """Small arrays of every type, a scalar and an empty one."""
    whole = np.random.default_rng(0).integers(-99, 99, (3, 2))
    arrays = {f"layer.{k}": whole.astype(k) for k in NAMES}
    arrays["layer.float32"] = arrays["layer.float32"] / 8
    return {**arrays, "scalar": np.array(7.0), "empty": np.zeros((0, 5))}
