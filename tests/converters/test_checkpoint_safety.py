"""What the reader of PyTorch's checkpoints refuses."""

import os
import pickle
import struct
import subprocess
import tracemalloc
import zipfile

import numpy as np
import pytest
from support.pytorch_files import (
    dictionary,
    number,
    program,
    storage,
    tensor,
    text,
    write_legacy,
    write_state_dict,
    write_zip,
)

from zoo.converters import CheckpointError, read_pytorch_checkpoint

pytestmark = pytest.mark.backend_free

DATA = np.arange(4, dtype="float32").tobytes()
NAME = b"ctorch._utils\n_rebuild_tensor_v2\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pth"


def refuse(path, match=None):
    with pytest.raises(CheckpointError, match=match) as error:
        read_pytorch_checkpoint(path)
    message = str(error.value)
    assert "Received: " in message
    assert str(path) in message
    assert len(message) < 2000


class Harmful:
    """Pickles that run commands, by each way that pickles have."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize(
    "function", [os.system, eval, os.mkdir, subprocess.Popen, getattr]
)
def test_runs_nothing(path, protocol, function):
    harmful = Harmful(function, ("mkdir executed",))
    write_zip(path, pickle.dumps({"a": harmful}, protocol), {})
    refuse(path)
    assert not os.path.exists("executed")


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b"cos\nsystem\n" + text("ls") + b"\x85R", "os system"),
        (b"cbuiltins\neval\n)\x81.", "builtins eval"),
        (text("os") + text("system") + b"\x93)R", "os system"),
        (b"ctorch\nload\n)R", "torch load"),
        (b"ctorch._utils\n__builtins__\n", "__builtins__"),
        (b"(ios\nsystem\n", "INST"),
        (b"(cos\nsystem\no", "os system"),
        (b"\x82\x01", "EXT1"),
        (NAME + b")\x81", "NEWOBJ"),
        (NAME + b"}b", "damaged"),
        (NAME + b")R", "damaged"),
        (b"}" + text("__class__") + b"\x85R", "damaged"),
        (b"]K\x01b", "attributes"),
        (b"P0\n", "PERSID"),
        (text("a") + b"Q", "storage must be named"),
        (b"2" * 9, "DUP"),
        (b"}((t" + b"\x85" * 100_000 + b"K\x01u", "no string"),
        (b"r\xff\xff\xff\xff", "damaged"),
        (b"X\xff\xff\xff\xff", "damaged"),
        (b"\x8a\xff", "damaged"),
        (b"(" * 50 + b"a", "damaged"),
        (b"\x93", "damaged"),
        (b"]" * 100_000 + b"\x93", "damaged"),
        (b"\xff", "may only build"),
    ],
)
def test_refuses_programs(path, body, match):
    write_zip(path, program(body), {})
    refuse(path, match)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"shape": (-2, 2)}, "from 0 to"),
        ({"shape": (2**40, 2**40)}, "within its storage"),
        ({"shape": (2**62, 2**62)}, "from 0 to"),
        ({"shape": (0, 2**40, 2**40), "strides": (1, 1, 1)}, "damaged"),
        ({"shape": (1,) * 33, "strides": (1,) * 33}, "at most 32"),
        ({"shape": (4,)}, "as many strides"),
        ({"shape": (3, 2)}, "within its storage"),
        ({"strides": (-1, 1)}, "from 0 to"),
        ({"strides": (2**30, 1)}, "within its storage"),
        ({"strides": (0, 0), "shape": (1000, 1000)}, "within its storage"),
        ({"offset": 1}, "within its storage"),
        ({"offset": -1}, "from 0 to"),
        ({"stored": storage("0", size=2**47)}, "Expected 1407"),
        ({"stored": storage("0", size=-4)}, "from 0 to"),
        ({"stored": storage("0", size=3)}, "at most 12 bytes"),
        ({"stored": storage("0", "DoubleStorage")}, "Received: 16 bytes"),
        ({"stored": storage("1")}, "no such file"),
        ({"stored": storage("../version")}, "no such file"),
        ({"stored": storage("0" * 10**6)}, "named by its type"),
        ({"stored": storage("0", "QInt8Storage")}, "QInt8Storage"),
        ({"stored": storage("0", view=number(1))}, "named by its type"),
        ({"stored": text("0")}, "refer to a storage"),
    ],
)
def test_refuses_tensors(path, changes, match):
    body = tensor(**{"stored": storage("0"), **changes})
    write_zip(path, program(dictionary({"a": body})), {"0": DATA})
    tracemalloc.start()
    refuse(path, match)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_refuses_names_that_clash(path):
    one = tensor(storage("0"))
    inner = dictionary({"b": one})
    write_zip(path, program(dictionary({"a.b": one, "a": inner})), {"0": DATA})
    refuse(path, "must differ")


def test_refuses_storages_of_two_types(path):
    body = {"a": tensor(storage("0")), "b": tensor(storage("0", size=2))}
    write_zip(path, program(dictionary(body)), {"0": DATA})
    refuse(path, "one type and size")


def test_refuses_nested_bombs(path):
    holds_itself = b"]q\x00h\x00a"
    write_zip(path, program(holds_itself), {})
    refuse(path, "nested")
    write_zip(path, program(b"]" * 50_000 + b"a" * 49_999), {})
    refuse(path, "nested")
    # Ten lists that each hold the one before a hundred times.
    bomb = b"]" + b"".join(
        b"q%c](" % i + b"h%c" % i * 100 + b"e" for i in range(10)
    )
    write_zip(path, program(bomb), {})
    refuse(path, "2000000 entries")


def test_refuses_endless_pickles(path):
    write_zip(path, b"N" * 2_100_000, {})
    refuse(path, "must end within")
    write_zip(path, b"N" * (2**24 + 1), {})
    refuse(path, "at most 16777216 bytes")


def test_refuses_archives_that_grow(path):
    pickled = program(dictionary({"a": tensor(storage("0"))}))
    write_zip(path, pickled, {"0": DATA}, compression=zipfile.ZIP_DEFLATED)
    refuse(path, "uncompressed")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("b/data.pkl", pickled)
    refuse(path, "one of them data.pkl")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"\x89HDF\r\n", pickle.dumps({"a": 1}), b"\0" * 1000],
)
def test_refuses_other_files(path, content):
    path.write_bytes(content)
    refuse(path)


def test_refuses_every_truncation(path):
    for legacy in (False, True):
        write_state_dict(path, {"a": np.ones((2, 2), "float32")}, legacy)
        whole = path.read_bytes()
        for length in range(0, len(whole), 7):
            path.write_bytes(whole[:length])
            refuse(path)


def test_legacy_sizes_are_checked(path):
    pickled = program(dictionary({"a": tensor(storage("0", view=b"N"))}))
    for size, data in ((2**50, DATA), (5, DATA), (4, DATA[:-1])):
        write_legacy(path, pickled, {"0": (size, data)})
        refuse(path, "4 elements")
    write_legacy(path, pickled, {"1": (4, DATA)})
    refuse(path, "belong to a tensor")
    write_legacy(path, pickled, {})
    refuse(path)
    write_legacy(path, struct.pack("<q", 1), {})
    refuse(path)
