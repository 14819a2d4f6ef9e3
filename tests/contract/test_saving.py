"""Every model: `.keras` files, presets, exported files."""

import importlib.util

import keras
import numpy as np
import pytest
from support.tiny_gan import everything, snapshot

from zoo import backend
from zoo.engine.exporting import export

from .models import BATCH, TABLE, comparable, quickly_trained, unequal, updates

RUNTIMES = {"savedmodel": "tensorflow", "onnx": "onnxruntime"}


@pytest.fixture(scope="module", params=TABLE, ids=lambda entry: entry.name)
def entry(request):
    """A line of the table."""
    return request.param


@pytest.fixture(scope="module")
def model(entry):
    """Its model after a step."""
    return quickly_trained(entry)


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory):
    """Another, of the first one's file."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    loaded.run_eagerly = model.run_eagerly
    return loaded


# Files


def test_a_file_keeps_all_of_the_state(model, loaded):
    assert unequal(everything(loaded), everything(model).values()) == []
    for saved in ("get_config", "get_compile_config"):
        pair = [comparable(getattr(x, saved)()) for x in (loaded, model)]
        assert pair[0] == pair[1]


def test_a_loaded_model_makes_the_same(entry, model, loaded):
    np.testing.assert_array_equal(entry.use(loaded, 2), entry.use(model, 2))


def test_going_on_equals_never_having_stopped(entry, model, loaded):
    before = updates(model)
    logs = [entry.fit(x, BATCH) for x in (model, loaded)]
    assert logs[0] == logs[1]
    assert unequal(everything(loaded), everything(model).values()) == []
    assert all(n > before[player] for player, n in updates(loaded).items())


# Presets


@pytest.fixture(scope="module")
def preset(model, tmp_path_factory):
    """Directory of the model's preset."""
    path = tmp_path_factory.mktemp("presets") / "preset"
    return model.save_to_preset(path, samples=0)


def test_preset_makes_the_same(entry, model, preset):
    loaded = entry.cls.from_preset(preset)
    assert type(loaded) is entry.cls
    config = comparable(loaded.get_config()) | {"name": model.name}
    assert config == comparable(model.get_config())
    made = entry.use(model, 2)
    np.testing.assert_allclose(entry.use(loaded, 2), made, atol=1e-6)


def test_preset_for_training_has_all_networks(entry, model, preset):
    loaded = entry.cls.from_preset(preset, for_training=True)
    for player in model.players:
        pairs = zip(
            loaded.networks_of(player), model.networks_of(player), strict=True
        )
        for network, expected in pairs:
            values = snapshot(expected.weights)
            assert all(map(np.array_equal, snapshot(network.weights), values))


# Exported files


def exported_format():
    """Returns the first format that Keras and the packages can write here."""
    for name, packages in backend.EXPORTS.items():
        needed = (*packages, RUNTIMES[name])
        if all(map(importlib.util.find_spec, needed)):
            return name
    raise ImportError(f"None of {backend.EXPORTS} is installed.")


def inputs_of(network):
    """Returns a batch of three for each of a network's inputs."""
    random = np.random.default_rng(0)
    shapes = [(3, *(n or 8 for n in x.shape[1:])) for x in network.inputs]
    return [
        random.uniform(0, 1, shape).astype(
            keras.backend.standardize_dtype(x.dtype)
        )
        for shape, x in zip(shapes, network.inputs, strict=True)
    ]


def run_savedmodel(path, inputs):
    """Returns what TensorFlow makes of the exported network."""
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    return model.serve(inputs if len(inputs) > 1 else inputs[0]).numpy()


def run_onnx(path, inputs):
    """Returns what ONNX Runtime makes of the exported network."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [x.name for x in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


def test_exported_networks_make_the_same(entry, model, tmp_path):
    format = exported_format()
    suffix = ".onnx" if format == "onnx" else ""
    several = len(model.inference_networks) > 1
    name = "networks" if several else f"network{suffix}"
    path = export(model, tmp_path / name, format)
    for name in model.inference_networks:
        network = model.network(name)
        inputs = inputs_of(network)
        file = path / f"{name}{suffix}" if several else path
        run = run_onnx if format == "onnx" else run_savedmodel
        expected = network(inputs if len(inputs) > 1 else inputs[0])
        expected = keras.ops.convert_to_numpy(expected)
        assert expected.std() > 0
        np.testing.assert_allclose(run(file, inputs), expected, atol=1e-5)
