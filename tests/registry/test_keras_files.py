"""`.keras` files of strangers: refused before memory, and nothing is run."""

import json
import os
import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest
from support.harness import invoke, tiny_dcgan

import zoo
from zoo.engine import model_files
from zoo.registry import ModelFileError

MARK = "zoo_was_executed"
CONFIG, WEIGHTS = model_files.CONFIG, model_files.WEIGHTS


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Returns the members of a good file, by name."""
    path = tmp_path_factory.mktemp("keras") / "good.keras"
    tiny_dcgan().save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def write(members, tmp_path, monkeypatch):
    """Returns a function that writes a file with some members changed."""
    monkeypatch.chdir(tmp_path)

    def written(change=lambda config: None, compress=False, **changed):
        config = json.loads(members[CONFIG])
        config = change(config) or config
        contents = members | {CONFIG: json.dumps(config).encode()} | changed
        kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with zipfile.ZipFile("model.keras", "w", kind) as archive:
            for name, data in contents.items():
                archive.writestr(name, data)
        return "model.keras"

    yield written
    assert not os.path.exists(MARK)


def refused(path, match):
    """Checks that a file is refused, by its name, within 300 MiB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match=match) as caught:
        zoo.load_model(path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 300 * 1024
    assert "model.keras" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_compressed_members_are_as_good(write):
    assert isinstance(zoo.load_model(write(compress=True)), zoo.DCGAN)


@pytest.mark.parametrize("change", [{"filters": 2048}, {"latent_dim": 10**11}])
def test_a_config_far_larger_than_the_weights(write, change):
    path = write(lambda c: c["config"].update(change))
    refused(path, "far more parameters")


def test_more_layers_than_there_are_weights(write):
    network = zoo.SRResNet(filters=1, blocks=1)
    config = keras.saving.serialize_keras_object(network)
    config["config"]["blocks"] = 10**6
    refused(write(lambda c: config), "far more parameters")


@pytest.mark.backend_free
def test_a_config_that_is_a_bomb(write, members):
    bomb = b'{"config": "' + b" " * (60 << 20) + b'"}'
    refused(write(compress=True, **{CONFIG: bomb}), f"{8 << 20} of them")
    refused(write(compress=True, junk=bytes(200 << 20)), "Expected at most")


@pytest.mark.backend_free
@pytest.mark.parametrize("layer", ["Lambda", "TFSMLayer", "Dense"])
def test_the_class_is_looked_at_first(write, layer):
    path = write(
        lambda c: {"module": "keras.layers", "class_name": layer, "config": {}}
    )
    refused(path, f"model of zoo.*with a {layer}")


LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {
        "function": {"class_name": "__lambda__", "config": {"value": "4wEA"}}
    },
}
SAVED_MODEL = {
    "module": "keras.layers",
    "class_name": "TFSMLayer",
    "config": {"filepath": "/tmp", "name": "x"},
}
SYSTEM = {
    "module": "os",
    "class_name": "function",
    "config": "system",
    "registered_name": "system",
}


@pytest.mark.parametrize("layer", [LAMBDA, SAVED_MODEL, SYSTEM])
def test_networks_and_optimizers_that_name_code(write, layer):
    images = {"batch_shape": [None, 16, 16, 1], "name": "images"}
    network = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "layers": [
                {
                    "module": "keras.layers",
                    "class_name": "InputLayer",
                    "config": images,
                },
                layer,
            ]
        },
    }
    path = write(lambda c: c["config"].update(discriminator=network))
    refused(path, "can't be loaded")
    path = write(
        lambda c: c["compile_config"]["optimizers"].update(generator=layer)
    )
    refused(path, "can't be loaded")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    "make",
    [
        lambda f: f.create_dataset("a", (10**6, 10**6), "f4"),
        lambda f: f.create_dataset(
            "a", (10**4, 10**4), "f4", chunks=(100, 100), compression=9
        ),
        lambda f: f.create_dataset("a", (9,), "f4", external=[("x", 0, 36)]),
        lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/passwd", "/")),
        lambda f: f.create_dataset("a", data=[b"text"] * 9),
    ],
)
def test_weights_that_claim_more_than_they_hold(write, tmp_path, make):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        make(file)
    weights = (tmp_path / "weights.h5").read_bytes()
    refused(write(**{WEIGHTS: weights}), "model.keras/model.weights.h5")
    model = tiny_dcgan()
    with pytest.raises(ModelFileError, match=r"weights\.h5"):
        model.load_weights(tmp_path / "weights.h5")
    with pytest.raises(ModelFileError, match=r"model\.keras"):
        model.load_weights("model.keras")


@pytest.mark.backend_free
def test_damage_is_one_error_that_names_the_file(write):
    """Cut, emptied, changed, or no archive at all: not "File not found"."""
    with open(write(), "rb") as file:
        data = file.read()
    changed = bytearray(data)
    changed[len(data) // 2] ^= 255
    for damaged in (data[: len(data) // 2], b"", b"PK", bytes(changed)):
        with open("model.keras", "wb") as file:
            file.write(damaged)
        refused("model.keras", "damaged")
        code, out = invoke("sample", "model.keras")
        assert code == 2
        assert "Traceback" not in out
    with pytest.raises(FileNotFoundError):
        zoo.load_model("another.keras")


@pytest.mark.backend_free
def test_members_that_are_missing_or_come_twice(write, members):
    path = write()
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        archive.writestr(CONFIG, members[CONFIG])
    refused(path, "once")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(CONFIG, members[CONFIG])
    refused(path, "Expected a .keras file with")


def test_networks_and_optimizers_of_ones_own_load(tmp_path):
    network = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            keras.layers.Conv2D(4, 3, strides=2),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model = zoo.DCGAN((16, 16, 1), 8, filters=4, discriminator=network)
    model.compile(discriminator_optimizer=keras.optimizers.SGD(0.1, 0.9))
    model.save(tmp_path / "own.keras")
    loaded = zoo.load_model(tmp_path / "own.keras")
    assert type(loaded.optimizer["discriminator"]).__name__ == "SGD"
    for found, expected in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_file_that_names_files_opens_none(tmp_path):
    """SRGAN's weights of features are the user's to name, in this process."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)  # To open it would wait for ever.
    config = zoo.SRGAN(
        filters=4, blocks=1, discriminator_filters=4, content="mse"
    ).get_config()
    config |= {"content": "vgg19", "content_weights": str(fifo)}
    with pytest.raises(ValueError, match=r"zoo\.losses\.allow_weights"):
        zoo.SRGAN.from_config(config)
    config["content_sha256"] = "0" * 64
    model = zoo.SRGAN.from_config(config)
    with pytest.raises(ValueError, match=r"zoo\.losses\.allow_weights"):
        model.content.load()
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"")
    model = zoo.SRGAN.from_config(config | {"content_weights": str(weights)})
    zoo.losses.allow_weights(weights)
    with pytest.raises(ValueError, match="SHA-256"):
        model.content.load()
