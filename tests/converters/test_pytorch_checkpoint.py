"""Reading what PyTorch's checkpoints hold."""

import importlib.util

import numpy as np
import pytest
from support.harness import run
from support.pytorch_files import (
    dictionary,
    example,
    program,
    storage,
    tensor,
    write_legacy,
    write_state_dict,
    write_zip,
)

from zoo.converters import read_pytorch_checkpoint

pytestmark = pytest.mark.backend_free

DATA = np.arange(4, dtype="float32").tobytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pth"


@pytest.mark.parametrize("legacy", [False, True])
def test_reads_every_type(path, legacy):
    write_state_dict(path, example(), legacy)
    read = read_pytorch_checkpoint(path)
    assert list(read) == list(example())
    for name, array in example().items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize("legacy", [False, True])
def test_reads_what_pytorch_writes(path, legacy):
    torch = pytest.importorskip("torch")
    base = torch.arange(24.0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    saved = {
        "state_dict": model.state_dict(),
        "transposed": base.reshape(4, 6).t(),
        "part": base[5:20:3],
        "half": torch.tensor([1.5, -3e38, 2**-20], dtype=torch.bfloat16),
        "flags": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(torch.ones(2, 1, 3)),
        "nested": {"list": [torch.zeros(1), (torch.ones(1),)], "epoch": 3},
        "settings": [1, 2.5, None, "adam", 2**70, torch.Size([3])],
        7: torch.zeros(2, 0),
    }
    torch.save(saved, path, _use_new_zipfile_serialization=not legacy)
    read = read_pytorch_checkpoint(path)
    expected = {
        **model.state_dict(),
        **{k: saved[k] for k in ("transposed", "part", "half", "flags")},
        "parameter": saved["parameter"].detach(),
        "nested.list.0": torch.zeros(1),
        "nested.list.1.0": torch.ones(1),
        "7": torch.zeros(2, 0),
    }
    assert list(read) == list(expected)
    for name, value in expected.items():
        value = value.float() if value.dtype == torch.bfloat16 else value
        np.testing.assert_array_equal(read[name], value.numpy())
        assert read[name].dtype == value.numpy().dtype
    assert np.shares_memory(read["transposed"], read["part"])


def test_needs_no_pytorch(path):
    jax = importlib.util.find_spec("jax")
    backend = "jax" if jax else "tensorflow"
    write_state_dict(path, {"a": np.ones(3, "float32")})
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from zoo.converters import read_pytorch_checkpoint\n"
        f"print(read_pytorch_checkpoint({str(path)!r})['a'].sum())"
    )
    _, out, err = run("-c", code, backend=backend)
    assert out.strip() == "3.0", err


@pytest.mark.parametrize("legacy", [False, True])
def test_reads_the_other_byte_order(path, legacy):
    pickled = program(dictionary({"a": tensor(storage("0"))}))
    data = np.arange(4, dtype=">f4").tobytes()
    if legacy:
        write_legacy(path, pickled, {"0": (4, data)}, little_endian=False)
    else:
        write_zip(path, pickled, {"0": data}, byteorder="big")
    read = read_pytorch_checkpoint(path)["a"]
    np.testing.assert_array_equal(read, [[0, 1], [2, 3]])
    assert read.dtype == np.dtype("float32")


def test_arrays_cannot_be_written_to(path):
    write_state_dict(path, {"a": np.zeros(2, "bool"), "b": np.zeros(2)})
    for array in read_pytorch_checkpoint(path).values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_missing_file(path):
    with pytest.raises(FileNotFoundError):
        read_pytorch_checkpoint(path)
