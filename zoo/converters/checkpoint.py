"""Reading checkpoints of any format, whole or in shards."""

import os
import pathlib

import numpy as np

from zoo.converters.errors import CheckpointError, describe, naming_file
from zoo.converters.pytorch_checkpoint import (
    looks_like_pytorch,
    read_pytorch_checkpoint,
)
from zoo.converters.safetensors import (
    MAX_HEADER_BYTES,
    looks_like_safetensors,
    read_safetensors,
)
from zoo.utils.json import parse_json


def read_checkpoint(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Returns the tensors in a checkpoint, whatever its format.

    The format is told by the file's first bytes, not by its name. Nothing in
    it is executed, and neither PyTorch nor safetensors need be installed.

    Args:
        path: A file written by `torch.save`, a safetensors file, or the JSON
            index of shards (`*.index.json`) that are either.

    Returns:
        Read-only arrays by name; see `read_pytorch_checkpoint` and
        `read_safetensors`.

    Raises:
        FileNotFoundError: There is no such file, or no such shard.
        CheckpointError: It is damaged, unsafe or of another format.

    Example:
        ```python
        weights = read_checkpoint("unet/diffusion_pytorch_model.safetensors")
        ```
    """
    start = _start_of(path)
    if start.lstrip().startswith(b"{") and not looks_like_safetensors(start):
        return read_sharded_checkpoint(path)
    return _read_file(path, start)


def read_sharded_checkpoint(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Returns the tensors in the shards that an index names.

    Args:
        path: JSON file with a `weight_map` of tensors' names to the names of
            files in the same directory.

    Returns:
        Read-only arrays by name, shard by shard.

    Raises:
        FileNotFoundError: There is no such file, or no such shard.
        CheckpointError: The index or a shard is damaged, a shard is not in
            the index's directory, or does not hold what the index says.
    """
    path = pathlib.Path(path)
    with open(path, "rb") as file, naming_file(path):
        data = file.read(MAX_HEADER_BYTES + 1)
        shards = _shards(data)
        tensors = {}
        for shard, names in shards.items():
            tensors |= _read_shard(path.with_name(shard), names)
        return tensors


def shard_names(path: str | os.PathLike) -> list[str]:
    """Returns the names of the files that an index of shards names.

    Args:
        path: JSON file with a `weight_map` of tensors' names to the names of
            files in the same directory.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The index is damaged, or names what is not in its
            directory.
    """
    with open(path, "rb") as file, naming_file(path):
        return list(_shards(file.read(MAX_HEADER_BYTES + 1)))


def _start_of(path):
    with open(path, "rb") as file, naming_file(path):
        return file.read(16)


def _read_file(path, start):
    if looks_like_safetensors(start):
        return read_safetensors(path)
    if looks_like_pytorch(start):
        return read_pytorch_checkpoint(path)
    raise CheckpointError(
        "Expected a checkpoint of PyTorch or safetensors, or an index of "
        f"shards. Received: path={str(path)!r}, which starts with {start[:8]!r}"
    )


def _shards(data):
    """Returns the names of each shard's tensors, as the index has them."""
    index = parse_json(data) if len(data) <= MAX_HEADER_BYTES else None
    found = index.get("weight_map") if type(index) is dict else None
    if type(found) is not dict or not found:
        raise CheckpointError(
            f"An index must be a JSON object of at most {MAX_HEADER_BYTES} "
            "bytes with a `weight_map` of tensors to files. "
            f"Received: {describe(index)}"
        )
    shards = {}
    for name, shard in found.items():
        _check_shard(shard)
        shards.setdefault(shard, []).append(name)
    return shards


def _check_shard(shard):
    plain = type(shard) is str and pathlib.PureWindowsPath(shard).name == shard
    if not plain or shard in ("", ".."):
        raise CheckpointError(
            "A shard must be a file's name, without a directory. "
            f"Received: {describe(shard)}"
        )


def _read_shard(path, names):
    read = _read_file(path, _start_of(path))
    if set(read) != set(names):
        differ = sorted(set(read) ^ set(names))
        raise CheckpointError(
            "A shard must hold the tensors that the index says. Received: "
            f"{path.name} differs by {describe(differ)}"
        )
    return read
