"""Reading PyTorch's checkpoints without PyTorch."""

import os
import pathlib
import zipfile

import numpy as np

from zoo.converters.errors import CheckpointError, describe, naming_file
from zoo.converters.pickle_reader import MAX_PICKLE_BYTES, PickleReader
from zoo.converters.tensor_arrays import (
    elements,
    item_size,
    named_tensors,
    view,
)

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_START = b"\x80\x02\x8a\x0a" + _LEGACY_MAGIC.to_bytes(10, "little")
_LEGACY_VERSION = 1001


def read_pytorch_checkpoint(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Returns the tensors in a file written by `torch.save`.

    PyTorch need not be installed, and nothing in the file is executed: its
    pickle is read by a machine that can only build containers and tensors.
    Sizes are checked against the file's own before anything is allocated, so
    that memory is bounded by the file's size (twice that for bfloat16).

    Args:
        path: A file in the zip format (PyTorch 1.6 and later) or the one
            before it, that holds a `state_dict` or nested dicts, lists and
            tuples of tensors, numbers and strings.

    Returns:
        Read-only arrays by name, in the file's order. Names of nested
        containers are joined by dots, without a leading `state_dict`. What
        is not a tensor is left out. bfloat16 becomes float32. Tensors that
        share a storage share memory.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is damaged, of another format, or holds more than
            tensors in plain containers.

    Example:
        ```python
        weights = read_pytorch_checkpoint("generator.pth")
        kernel = weights["main.0.weight"]
        ```
    """
    path = pathlib.Path(path)
    with open(path, "rb") as file, naming_file(path):
        start = file.read(len(_LEGACY_START))
        file.seek(0)
        if start == _LEGACY_START:
            value, storages = _read_legacy(file)
        elif start.startswith(b"PK"):
            value, storages = _read_zip(file)
        else:
            raise CheckpointError(
                "Expected a file written by `torch.save`: a zip archive, or "
                "what PyTorch wrote before 1.6. Save it again with "
                "`torch.save(model.state_dict(), path)`. Received: a file "
                f"that starts with {start[:8]!r}"
            )
        return {k: view(x, storages) for k, x in named_tensors(value)}


def looks_like_pytorch(start: bytes) -> bool:
    """Returns whether a file with these first bytes may be PyTorch's."""
    return start.startswith((b"PK", _LEGACY_START))


def _read_zip(file):
    """Returns the pickled value and the storages of a zip archive."""
    file_size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        members = {x.filename: x for x in archive.infolist()}
        # Stored plainly and without overlaps, members can't outgrow the file.
        plain = all(
            x.compress_type == zipfile.ZIP_STORED
            and x.compress_size == x.file_size
            for x in members.values()
        )
        total = sum(x.file_size for x in members.values())
        roots = [x.removesuffix("data.pkl") for x in members]
        roots = [x for x in roots if x.endswith("/") and x not in members]
        if not plain or total > file_size or len(roots) != 1:
            raise CheckpointError(
                "Expected an archive of uncompressed files, one of them "
                f"data.pkl. Received: {len(members)} files of {total} bytes "
                f"in {file_size}, {len(roots)} data.pkl, uncompressed={plain}"
            )

        def contents(name, size=None):
            member = members.get(roots[0] + name)
            received = "no such file" if member is None else member.file_size
            limit = MAX_PICKLE_BYTES if size is None else size
            if member is None or member.file_size > limit:
                raise CheckpointError(
                    f"Expected {name} in the archive, of at most {limit} "
                    f"bytes. Received: {received}"
                )
            return archive.read(member)

        order = "little"
        if f"{roots[0]}byteorder" in members:
            order = contents("byteorder").decode("ascii")
        reader = PickleReader(contents("data.pkl"))
        value = reader.read()
        storages = {
            key: elements(
                record,
                contents(f"data/{key}", record.size * item_size(record)),
                order,
            )
            for key, record in reader.storages.items()
        }
    return value, storages


def _read_legacy(file):
    """Returns the pickled value and the storages of a file before 1.6.

    Five pickles (a magic number, the version, facts of the machine, the
    value, the storages' keys), then each storage's size and elements.
    """
    file_size = os.fstat(file.fileno()).st_size
    reader = PickleReader(file.read(MAX_PICKLE_BYTES))
    magic, version, system, value, keys = (reader.read() for _ in range(5))
    known = magic == _LEGACY_MAGIC and version == _LEGACY_VERSION
    if not known or type(system) is not dict or type(keys) is not list:
        raise CheckpointError(
            f"Expected version {_LEGACY_VERSION} of PyTorch's older format. "
            f"Received: version={describe(version)}, "
            f"system={describe(system)}, keys={describe(keys)}"
        )
    order = "little" if system.get("little_endian", True) else "big"
    storages = {}
    file.seek(reader.position)
    for key in keys:
        record = reader.storages.get(key) if type(key) is str else None
        if record is None or key in storages:
            raise CheckpointError(
                "Each storage must belong to a tensor. "
                f"Received: key={describe(key)}"
            )
        size = int.from_bytes(file.read(8), order)
        length = size * item_size(record)
        if size != record.size or length > file_size - file.tell():
            raise CheckpointError(
                f"Expected {record.size} elements in storage {key}. Received: "
                f"{size}, in a file with {file_size - file.tell()} bytes left"
            )
        storages[key] = elements(record, file.read(length), order)
    return value, storages
