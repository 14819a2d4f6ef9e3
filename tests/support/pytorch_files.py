"""Writes PyTorch's two file formats with NumPy and `pickletools` alone.

By hand, from the format's description, so that tests can also write what
PyTorch never would.
"""

import pickle
import struct
import zipfile

import numpy as np

TYPES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    length = value.bit_length() // 8 + 1
    return (
        b"\x8a"
        + bytes([length])
        + value.to_bytes(length, "little", signed=True)
    )


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(key, kind="FloatStorage", size=4, view=b""):
    names = text("storage") + f"ctorch\n{kind}\n".encode() + text(key)
    return b"(" + names + text("cpu") + number(size) + view + b"tQ"


def tensor(stored, offset=0, shape=(2, 2), strides=(2, 1)):
    """A tensor's opcodes; `stored` are its storage's."""
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + stored
        + number(offset)
        + numbers(shape)
        + numbers(strides)
        + b"\x89ccollections\nOrderedDict\n)RtR"
    )


def dictionary(entries):
    pairs = b"".join(text(k) + v for k, v in entries.items())
    return b"}(" + pairs + b"u"


def program(body):
    return b"\x80\x02" + body + b"."


def write_zip(path, pickled, storages, byteorder="little", **options):
    """Writes an archive from a pickle and storages (bytes, by key)."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", byteorder)
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)
        archive.writestr("archive/version", "3\n")


def write_legacy(path, pickled, storages, little_endian=True):
    """Writes the format before PyTorch 1.6; storages are (size, bytes)."""
    system = {"protocol_version": 1001, "little_endian": little_endian}
    header = (0x1950A86A20F9469CFC6C, 1001, system)
    order = "<q" if little_endian else ">q"
    with open(path, "wb") as file:
        for value in header:
            pickle.dump(value, file, protocol=2)
        file.write(pickled)
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            size, data = storages[key]
            file.write(struct.pack(order, size) + data)


def write_state_dict(path, arrays, legacy=False):
    """Writes C-contiguous arrays by name, as `torch.save` would."""
    entries, storages = {}, {}
    for index, (name, array) in enumerate(arrays.items()):
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        strides = [x // array.itemsize for x in array.strides]
        kind = TYPES[array.dtype.name]
        stored = storage(str(index), kind, array.size, b"N" * legacy)
        entries[name] = tensor(stored, 0, array.shape, strides)
        storages[str(index)] = array.tobytes()
    pickled = program(dictionary(entries))
    if legacy:
        sizes = {
            str(i): x.size
            for i, x in enumerate(map(np.asarray, arrays.values()))
        }
        write_legacy(
            path, pickled, {k: (sizes[k], v) for k, v in storages.items()}
        )
    else:
        write_zip(path, pickled, storages)


def example():
    """Small arrays of every type, a scalar and an empty one."""
    rng = np.random.default_rng(0)
    arrays = {f"layer.{k}": rng.normal(0, 50, (3, 2)).astype(k) for k in TYPES}
    return {**arrays, "scalar": np.array(7), "empty": np.zeros((0, 5))}
