"""Damaged checkpoints, by the thousand."""

import random
import tracemalloc
import zipfile

import numpy as np
import pytest
from support.pytorch_files import example, write_state_dict, write_zip

from zoo.converters import CheckpointError, read_pytorch_checkpoint

pytestmark = pytest.mark.backend_free


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(len(data))
        action = rng.randrange(4)
        if action == 0:
            data[at] = rng.randrange(256)
        elif action == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif action == 2:
            del data[at : at + rng.randrange(1, 9)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("part", ["zip", "legacy", "pickle"])
def test_fuzz(tmp_path, part):
    """Damage gives `CheckpointError` or arrays, and no large allocation."""
    rng, path = random.Random(0), tmp_path / "model.pth"
    write_state_dict(path, example(), part == "legacy")
    whole = path.read_bytes()
    if part == "pickle":
        with zipfile.ZipFile(path) as archive:
            pickled = archive.read("archive/data.pkl")
            stored = {
                x.rsplit("/")[-1]: archive.read(x)
                for x in archive.namelist()
                if "/data/" in x
            }
    refused = 0
    tracemalloc.start()
    for _ in range(1000):
        if part == "pickle":  # Past the archive's checksum.
            write_zip(path, mutate(rng, pickled), stored)
        else:
            path.write_bytes(mutate(rng, whole))
        try:
            read = read_pytorch_checkpoint(path)
        except CheckpointError:
            refused += 1
        else:
            assert type(read) is dict
            assert all(isinstance(x, np.ndarray) for x in read.values())
            assert sum(x.size for x in read.values()) < 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused > 300
    assert peak < 20_000_000
