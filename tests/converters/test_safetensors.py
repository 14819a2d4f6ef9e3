"""Reading safetensors, and refusing what is none."""

import json
import random
import tracemalloc

import numpy as np
import pytest
from support.pytorch_files import write_state_dict
from support.safetensors_files import (
    example,
    tensor,
    write_parts,
    write_safetensors,
)
from test_checkpoint_fuzz import mutate

from zoo.converters import CheckpointError, read_checkpoint, read_safetensors

pytestmark = pytest.mark.backend_free


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def refuse(path, message, read=read_safetensors):
    with pytest.raises(CheckpointError, match=message) as caught:
        read(path)
    assert "Received: " in str(caught.value)
    assert repr(str(path)) in str(caught.value)


def test_reads_every_type(path):
    arrays = example()
    write_safetensors(path, arrays, format="pt")
    read = read_safetensors(path)
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype
        assert read[name].shape == array.shape
        with pytest.raises(ValueError, match="read-only"):
            read[name][...] = 0


def test_reads_bfloat16(path):
    """Its bits are the upper half of a float32's: 1.5 is 0x3FC0."""
    data = bytes.fromhex("c03f 00c0 807f")
    write_parts(path, {"a": tensor("BF16", [3, 1], [0, 6])}, data)
    read = read_safetensors(path)["a"]
    np.testing.assert_array_equal(read, [[1.5], [-2], [np.inf]])
    assert read.dtype == np.float32


def test_order_of_bytes_may_differ_from_order_of_names(path):
    header = {"b": tensor(offsets=[8, 16]), "a": tensor(offsets=[0, 8])}
    write_parts(path, header, np.arange(4, dtype="<f4").tobytes())
    read = read_safetensors(path)
    assert list(read) == ["b", "a"]
    np.testing.assert_array_equal(read["a"], [0, 1])
    np.testing.assert_array_equal(read["b"], [2, 3])


def test_agrees_with_the_library(path):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {k: v for k, v in example().items() if v.dtype != bool}
    path.write_bytes(library.save(arrays, {"format": "pt"}))
    read = read_safetensors(path)
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


GOOD = {"a": tensor()}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": tensor("F31")}, "dtype must be one of F64"),
        ({"a": tensor("F8_E4M3", [8])}, "dtype must be one of F64"),
        ({"a": tensor(None)}, "dtype must be one of F64"),
        ({"a": tensor(shape=[3])}, r"shape \(3,\), 8 bytes"),
        ({"a": tensor(shape=[2**40, 2**40])}, "must be those of its shape"),
        ({"a": tensor(shape=[-1, -2])}, "from 0 to"),
        ({"a": tensor(shape=[2.0])}, "from 0 to"),
        ({"a": tensor(shape=[True, 2])}, "from 0 to"),
        ({"a": tensor(shape=[1] * 40 + [2])}, "at most 32"),
        ({"a": tensor(shape={"0": 2})}, "list as its shape"),
        ({"a": tensor(offsets=[0])}, "two offsets"),
        ({"a": tensor(offsets=[0, 8, 16])}, "two offsets"),
        ({"a": tensor(offsets=[8, 0])}, "-8 bytes"),
        ({"a": tensor(offsets=[-8, 0])}, "from 0 to"),
        ({"a": tensor(offsets=[8, 16])}, "at byte 8, not 0"),
        ({"a": tensor(offsets=["0", "8"])}, "from 0 to"),
        ({"a": tensor() | {"more": 1}}, "must have a dtype"),
        ({"a": {"dtype": "F32", "shape": [2]}}, "must have a dtype"),
        ({"a": 3}, "must have a dtype"),
        ([1], "must be a JSON object"),
        ({}, "0 bytes of tensors, 8"),
        ({"a": tensor(shape=[1], offsets=[0, 4])}, "4 bytes of tensors, 8"),
        ({**GOOD, "b": tensor(offsets=[0, 8])}, "'b' at byte 0, not 8"),
        ({**GOOD, "b": tensor(offsets=[4, 12])}, "'b' at byte 4, not 8"),
        ({**GOOD, "b": tensor(offsets=[8, 16])}, "16 bytes of tensors, 8"),
        ({**GOOD, "__metadata__": {"format": 1}}, "object of strings"),
        ({**GOOD, "__metadata__": []}, "object of strings"),
        (b'{"a": 1, "a": 2}', "must differ"),
        (b'{"a": {"dtype": "F32", "dtype": "F32"}}', "must differ"),
        (b'{"__metadata__": {"a": "", "a": ""}}', "must differ"),
        (b'{"a":' + b"[" * 100_000, "damaged"),
        (b'{"a":' + b"9" * 5_000 + b"}", "damaged"),
        (b'{"\xff": 1}', "damaged"),
        (b'{"a": 1', "damaged"),
        ('{"a": 1}'.encode("utf-16"), "damaged"),
    ],
)
def test_headers_that_lie(path, header, message):
    write_parts(path, header, bytes(8))
    refuse(path, message)


@pytest.mark.parametrize("length", [0, 1, 200, 2**62, 2**64 - 1])
def test_lengths_that_lie(path, length):
    write_parts(path, GOOD, bytes(8), length)
    refuse(path, "lie in the file")


def test_longest_header(path):
    """Of 100 MB, as the reference's; none is read that is longer."""
    with open(path, "wb") as file:
        file.write((100_000_001).to_bytes(8, "little"))
        file.truncate(200_000_000)
    refuse(path, "2 to 100000000 bytes")


def test_refuses_every_truncation(path):
    write_safetensors(path, {"a": np.ones(2, "float32"), "b": np.ones(2)})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refuse(path, "Received")
        refuse(path, "Received", read_checkpoint)
    path.write_bytes(whole + b"\0")
    refuse(path, "must fill the file")


@pytest.mark.parametrize("read", [read_safetensors, read_checkpoint])
def test_missing_file(path, read):
    with pytest.raises(FileNotFoundError):
        read(path)


@pytest.mark.parametrize("part", ["anywhere", "header"])
def test_fuzz(path, part):
    """Damage gives `CheckpointError` or arrays, and no large allocation."""
    rng = random.Random(0)
    write_safetensors(path, example(), format="pt")
    whole = path.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    refused = 0
    tracemalloc.start()
    for _ in range(1000):
        if part == "anywhere":
            path.write_bytes(mutate(rng, whole))
        else:  # Past the header's length.
            write_parts(path, mutate(rng, whole[8:end]), whole[end:])
        try:
            read = read_checkpoint(path)
        except CheckpointError:
            refused += 1
        else:
            assert sum(x.nbytes for x in read.values()) < len(whole)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 300 < refused < 1000
    assert peak < 1_000_000


# Any format, and shards


def write_shards(directory, weight_map, **files):
    """Writes shards, named with an underscore for a dot, and their index."""
    for name, arrays in files.items():
        file = directory / name.replace("_", ".")
        write = write_safetensors
        if file.suffix == ".bin":
            write = write_state_dict
        write(file, arrays)
    index = directory / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}, indent=2))
    return index


ONE, TWO = np.arange(3, dtype="float32"), np.ones((2, 1), "float32")


@pytest.mark.parametrize("legacy", [None, False, True])
def test_format_is_told_by_content(tmp_path, legacy):
    path = tmp_path / "weights"
    if legacy is None:
        write_safetensors(path, {"a": ONE})
    else:
        write_state_dict(path, {"a": ONE}, legacy)
    np.testing.assert_array_equal(read_checkpoint(path)["a"], ONE)


def test_headers_as_long_as_other_formats_begin(tmp_path):
    """A header of 0x4B50 bytes begins a file with "PK", as an archive."""
    path = tmp_path / "model.safetensors"
    header = json.dumps({"a": tensor(shape=[3], offsets=[0, 12])}).encode()
    write_parts(path, header.ljust(0x4B50), ONE.tobytes())
    assert path.read_bytes()[:2] == b"PK"
    np.testing.assert_array_equal(read_checkpoint(path)["a"], ONE)


def test_shards(tmp_path):
    index = write_shards(
        tmp_path,
        {"a": "x.safetensors", "c": "y.bin", "b": "x.safetensors"},
        x_safetensors={"a": ONE, "b": TWO},
        y_bin={"c": TWO},
    )
    read = read_checkpoint(index)
    assert set(read) == {"a", "b", "c"}
    for name, expected in {"a": ONE, "b": TWO, "c": TWO}.items():
        np.testing.assert_array_equal(read[name], expected)


@pytest.mark.parametrize(
    "shard",
    ["../x.bin", "/x.bin", "a/x.bin", "a\\x.bin", "C:x.bin", "..", ".", "", 3],
)
def test_shards_lie_beside_the_index(tmp_path, shard):
    index = write_shards(tmp_path, {"a": shard}, x_bin={"a": ONE})
    refuse(index, "without a directory", read_checkpoint)


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        ({"a": "x.bin"}, r"x.bin differs by \['b'\]"),
        (dict.fromkeys("abc", "x.bin"), r"x.bin differs by \['c'\]"),
        ({"a": "model.safetensors.index.json"}, "Expected a checkpoint of"),
        ({}, "with a `weight_map`"),
        ([], "with a `weight_map`"),
        (None, "with a `weight_map`"),
    ],
)
def test_wrong_indices(tmp_path, weight_map, message):
    index = write_shards(tmp_path, weight_map, x_bin={"a": ONE, "b": ONE})
    refuse(index, message, read_checkpoint)


def test_missing_shard(tmp_path):
    index = write_shards(tmp_path, {"a": "y.bin"})
    with pytest.raises(FileNotFoundError, match=r"y\.bin"):
        read_checkpoint(index)


@pytest.mark.parametrize("content", [b"", b"{", b"\x89HDF\r\n", bytes(100)])
def test_refuses_other_files(tmp_path, content):
    path = tmp_path / "model"
    path.write_bytes(content)
    refuse(path, "Received", read_checkpoint)
