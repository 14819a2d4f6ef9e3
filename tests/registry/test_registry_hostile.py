"""Presets that mean harm: refused, with nothing run and nothing allocated."""

import io
import json
import os
import pickle
import resource
import shutil
import zipfile

import h5py
import numpy as np
import pytest
from support.preset_files import promise, rewrite

import zoo
from zoo.registry import PresetError, PresetFormatError, UnsafePresetError

MARK = "zoo_was_executed"


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path, monkeypatch):
    """Fails a test if the hostile command has run."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / MARK).exists()


def load(preset):
    return zoo.GenerativeModel.from_preset(preset)


@pytest.mark.parametrize(
    "name",
    [
        "os>system",
        "os.system",
        "builtins>eval",
        "keras>Lambda",
        "keras.layers>Lambda",
        "Lambda",
        "zoo>DCGAN\x00",
        "zoo>ExponentialMovingAverage",  # Registered, but no model.
        "zoo>OptimizerGroup",
        "zoo>Missing",
        "",
        None,
        ["zoo>DCGAN"],
        {"class_name": "DCGAN"},
    ],
)
def test_classes_that_are_no_registered_models(preset, name):
    rewrite(preset, "config.json", lambda c: c.update(registered_name=name))
    with pytest.raises(UnsafePresetError, match="registered"):
        load(preset)


LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {"function": {"class_name": "__lambda__", "config": {}}},
}
SYSTEM = {
    "module": "os",
    "class_name": "system",
    "config": f"touch {MARK}",
    "registered_name": None,
}


@pytest.mark.parametrize("value", [LAMBDA, SYSTEM])
@pytest.mark.parametrize(
    "argument", ["filters", "dtype", "name", "image_shape", "loss"]
)
def test_arguments_that_name_code(preset, argument, value):
    for wrapped in (value, [value], {"deep": [{"er": value}]}):
        rewrite(
            preset,
            "config.json",
            lambda c, w=wrapped: c["config"].update({argument: w}),
        )
        with pytest.raises(UnsafePresetError, match="never names code"):
            load(preset)


@pytest.mark.parametrize(
    "name",
    [
        "../config.json",
        "/etc/passwd",
        "a/b",
        "..",
        ".",
        "",
        "a\\b",
        "C:evil",
        ".hidden",
        "a\nb",
        "x" * 200,
        "~",
    ],
)
def test_files_with_paths(preset, name):
    record = {"size": 1, "sha256": "0" * 64}
    rewrite(
        preset, "metadata.json", lambda m: m["files"].update({name: record})
    )
    with pytest.raises(UnsafePresetError, match="without directories"):
        load(preset)


def test_a_link_out_of_the_directory(preset, tmp_path):
    secret = tmp_path / "secret"
    shutil.move(preset / "model.weights.h5", secret)
    (preset / "model.weights.h5").symlink_to(secret)
    with pytest.raises(UnsafePresetError, match="leads out"):
        load(preset)
    os.unlink(preset / "model.weights.h5")
    shutil.copy(secret, preset / "real")
    (preset / "model.weights.h5").symlink_to("real")  # Inside: harmless.
    load(preset)


def test_things_that_are_no_files(preset):
    os.unlink(preset / "config.json")
    os.mkfifo(preset / "config.json")  # To open it would wait for ever.
    with pytest.raises(PresetFormatError, match="Expected a file"):
        load(preset)
    os.unlink(preset / "config.json")
    os.symlink("config.json", preset / "config.json")
    with pytest.raises(PresetError):
        load(preset)


def weights(preset, write):
    """Replaces the weights by what `write` makes of an open HDF5 file."""
    path = preset / "model.weights.h5"
    os.unlink(path)
    with h5py.File(path, "w") as file:
        write(file)
    promise(preset, path.name)
    return preset


def memory_bound(function):
    """Runs a function that must not allocate; returns growth in MiB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    function()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (after - before) / 1024


HUGE = (10**6, 10**6)


@pytest.mark.parametrize(
    "write",
    [
        lambda f: f.create_dataset("a", HUGE, "f4", chunks=(1000, 1000)),
        lambda f: f.create_dataset("a", HUGE, "f4"),  # Never written.
        lambda f: f.create_dataset(
            "a", (10**4, 10**4), "f4", chunks=(100, 100), compression=9
        ),
        lambda f: f.create_dataset(
            "a", (1000,), "f4", external=[("/etc/passwd", 0, 4000)]
        ),
        lambda f: f.create_dataset("a", data=[b"text"] * 9),
        lambda f: f.create_dataset("a", data="text", dtype=h5py.string_dtype()),
        lambda f: f.__setitem__("a", h5py.SoftLink("/b")),
        lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/passwd", "/")),
        lambda f: f.__setitem__("a", f["/"]),  # A group within itself.
    ],
)
def test_weights_that_claim_more_than_they_hold(preset, write):
    weights(preset, write)

    def refused():
        with pytest.raises(UnsafePresetError):
            load(preset)

    assert memory_bound(refused) < 300


def test_virtual_datasets(preset):
    def write(file):
        layout = h5py.VirtualLayout((10**6,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (10**6,))
        file.create_virtual_dataset("a", layout)

    with pytest.raises(UnsafePresetError, match="plainly"):
        load(weights(preset, write))


@pytest.mark.parametrize(
    "change",
    [
        {"filters": 10**6},
        {"latent_dim": 10**11},
        {"filters": 20_000, "image_shape": [256, 256, 4]},
    ],
)
def test_a_config_far_larger_than_its_weights(preset, change):
    rewrite(preset, "config.json", lambda c: c["config"].update(change))

    def refused():
        with pytest.raises(UnsafePresetError, match="far more parameters"):
            load(preset)

    assert memory_bound(refused) < 300


class Bomb:
    def __reduce__(self):
        return os.system, (f"touch {MARK}",)


def disguised():
    """Yields pickles, bare and in the archives that frameworks load."""
    bomb = pickle.dumps(Bomb())
    yield bomb
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", bomb)
    yield archive.getvalue()
    array = io.BytesIO()
    np.save(array, np.array([Bomb()], dtype=object), allow_pickle=True)
    yield array.getvalue()


@pytest.mark.parametrize("data", list(disguised()))
def test_a_pickle_in_disguise(preset, data):
    for name in ("model.weights.h5", "config.json", "metadata.json"):
        shutil.copy(preset / name, preset.parent / name)
        (preset / name).write_bytes(data)
        if name != "metadata.json":
            promise(preset, name)
        with pytest.raises(PresetFormatError):
            load(preset)
        shutil.move(preset.parent / name, preset / name)
        if name != "metadata.json":
            promise(preset, name)
    load(preset)


def test_sizes_that_are_lies(preset):
    for size in (-1, 1 << 60, "1", True, None, 1.5):
        rewrite(
            preset,
            "metadata.json",
            lambda m, s=size: m["files"]["config.json"].update(size=s),
        )
        with pytest.raises(PresetError, match="size"):
            load(preset)
    metadata = json.loads((preset / "metadata.json").read_text())
    assert metadata["files"]["config.json"]["size"] == 1.5
