"""A thousand damaged presets: only the package's own errors come out."""

import contextlib
import json
import shutil

import numpy as np
import pytest
from support.preset_files import promise

import zoo
from zoo.registry import PresetError
from zoo.registry.configs import build, read_config
from zoo.registry.handles import Directory
from zoo.registry.preset import Preset
from zoo.registry.weights import count_elements

FILES = ("metadata.json", "config.json", "model.weights.h5")


def mutate(data, random):
    """Returns bytes with some of them flipped, cut, doubled or replaced."""
    data = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at = int(random.integers(0, len(data) + 1))
        length = int(random.integers(1, 40))
        kind = random.integers(0, 5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << int(random.integers(0, 8))
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        elif kind == 3:
            data[at : at + length] = random.bytes(length)
        else:
            extreme = [b"\xff" * 8, b"\x00" * 8, b"1e999", b"-1", b"[[[[{"]
            data[at:at] = extreme[random.integers(0, len(extreme))]
    return bytes(data)


@pytest.fixture(scope="module")
def originals(saved):
    return {name: (saved / name).read_bytes() for name in FILES}


def outcome(preset):
    """Returns the model's class, or the error's; others are not caught."""
    try:
        return type(zoo.GenerativeModel.from_preset(preset))
    except PresetError as error:
        return type(error)


@pytest.mark.backend_free
def test_damaged_files_are_refused(saved, originals, tmp_path):
    """Without new hashes: an accident. All but metadata's own are caught."""
    random = np.random.default_rng(0)
    preset = shutil.copytree(saved, tmp_path / "p")
    for _ in range(150):
        name = FILES[random.integers(1, 3)]
        (preset / name).write_bytes(mutate(originals[name], random))
        same = (preset / name).read_bytes() == originals[name]
        found = outcome(preset)
        assert same or issubclass(found, PresetError)
        (preset / name).write_bytes(originals[name])


@pytest.mark.backend_free
def test_mutated_metadata(saved, originals, tmp_path):
    random = np.random.default_rng(1)
    preset = shutil.copytree(saved, tmp_path / "p")
    refused = 0
    for _ in range(500):
        data = mutate(originals["metadata.json"], random)
        (preset / "metadata.json").write_bytes(data)
        try:
            Preset(Directory(str(preset))).verify()
        except PresetError:
            refused += 1
    assert refused > 250


def test_mutated_configs_that_are_what_was_promised(saved, originals, tmp_path):
    random = np.random.default_rng(2)
    path = shutil.copytree(saved, tmp_path / "p") / "config.json"
    refused = 0
    for _ in range(500):
        path.write_bytes(mutate(originals["config.json"], random))
        try:
            cls, config = read_config(path)
            if refused < 60:  # To build a model takes longer than to refuse.
                build(cls, config, 40_000)
        except PresetError:
            refused += 1
    assert refused > 250


def values(random):
    """Returns a value that JSON can hold and few arguments expect."""
    choices = [
        None, True, -1, 0, 3, 1e308, 10**30, "", "os.system", "é" * 50,
        [], [1, 2, 3], [[16, 16, 1]], [None] * 3, {}, {"a": 1}, 0.5,
    ]  # fmt: skip
    return choices[random.integers(0, len(choices))]


def test_arguments_of_every_kind(saved, originals, tmp_path):
    random = np.random.default_rng(3)
    path = shutil.copytree(saved, tmp_path / "p") / "config.json"
    config = json.loads(originals["config.json"])
    for name in config["config"]:
        for _ in range(12):
            changed = config["config"] | {name: values(random)}
            path.write_text(json.dumps(config | {"config": changed}))
            with contextlib.suppress(PresetError):
                build(*read_config(path), 40_000)


def test_mutated_weights_that_are_what_was_promised(saved, originals, tmp_path):
    random = np.random.default_rng(4)
    path = shutil.copytree(saved, tmp_path / "p") / "model.weights.h5"
    refused = 0
    for _ in range(500):
        path.write_bytes(mutate(originals[path.name], random))
        try:
            count_elements(path)
        except PresetError:
            refused += 1
    assert refused > 250
    for _ in range(25):
        path.write_bytes(mutate(originals[path.name], random))
        promise(path.parent, path.name)
        outcome(path.parent)
