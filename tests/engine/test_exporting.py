"""Exported files against the networks that they were made of."""

import importlib.util

import keras
import numpy as np
import pytest
from contract.models import MODELS
from support.harness import run, tiny_dcgan
from support.tiny_gan import TinyGAN

import zoo
from zoo import backend
from zoo.engine.exporting import export


def can_export(format):
    packages = backend.EXPORTS.get(format, ("none",))
    runtime = {"onnx": "onnxruntime", "savedmodel": "tensorflow"}[format]
    return all(map(importlib.util.find_spec, (*packages, runtime)))


formats = pytest.mark.parametrize(
    "format",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                not can_export(name), reason="not on this backend"
            ),
        )
        for name in ("savedmodel", "onnx")
    ],
)
"""What Keras exports to here, where packages allow it."""


def drawn(network):
    """Draws weights that no layer makes vanish."""
    rng = np.random.default_rng(0)
    for v in network.variables:
        if "variance" in v.name:
            v.assign(rng.uniform(0.5, 1.5, v.shape))
        elif keras.backend.is_float_dtype(v.dtype):
            v.assign(rng.normal(0, 0.4, v.shape))


@pytest.fixture(scope="module")
def model():
    """A DCGAN whose average is not its generator."""
    model = tiny_dcgan(filters=2)
    drawn(model.network("generator"))
    return model


def latents(count, length=8):
    rng = np.random.default_rng(1)
    return rng.normal(size=(count, length)).astype("float32")


def run_onnx(path, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    assert [x.type for x in session.get_inputs()] == ["tensor(float)"]
    name = session.get_inputs()[0].name
    return [session.run(None, {name: x})[0] for x in inputs]


def run_savedmodel(path, inputs):
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    return [model.serve(x).numpy() for x in inputs]


def run_without_keras(path, inputs):
    """By TensorFlow alone, as where neither Keras nor zoo is installed."""
    files = [path.parent / f"input-{i}.npy" for i in range(len(inputs))]
    for file, array in zip(files, inputs, strict=True):
        np.save(file, array)
    code, _, err = run(
        "-c",
        "import sys, numpy as np\n"
        "sys.modules['keras'] = sys.modules['zoo'] = None\n"
        "import tensorflow as tf\n"
        f"model = tf.saved_model.load({str(path)!r})\n"
        f"for file in {[str(x) for x in files]}:\n"
        "    np.save(file, model.serve(np.load(file)).numpy())\n",
    )
    assert code == 0, err
    return [np.load(file) for file in files]


RUNNERS = {"onnx": run_onnx, "savedmodel": run_savedmodel}


def path_for(directory, format):
    return directory / {"onnx": "a.onnx", "savedmodel": "a"}[format]


def test_keras_file(model, tmp_path):
    path = export(model, tmp_path / "new" / "model.keras")
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(
        loaded.generate(2, seed=0), model.generate(2, seed=0)
    )
    assert loaded.compiled


@formats
def test_outputs_are_the_networks(model, tmp_path, format):
    """The average's, for batches of any size."""
    path = path_for(tmp_path, format)
    assert export(model, path, format) == path
    inputs = [latents(1), latents(5)]
    alone = {"onnx": run_onnx, "savedmodel": run_without_keras}
    received = alone[format](path, inputs)
    for x, images in zip(inputs, received, strict=True):
        network = model.network("generator")
        expected = keras.ops.convert_to_numpy(network(x, training=False))
        assert images.shape == (len(x), 16, 16, 1)
        assert expected.std() > 0.1
        np.testing.assert_allclose(images, expected, atol=1e-5)
    raw = keras.ops.convert_to_numpy(model.generator(x, training=False))
    assert np.abs(raw - expected).max() > 0.1


@formats
def test_mixed_precision_is_exported_as_float32(tmp_path, format):
    model = tiny_dcgan(dtype="mixed_bfloat16", filters=2)
    drawn(model.network("generator"))
    plain = tiny_dcgan(filters=2).network("generator")
    plain.set_weights(model.network("generator").get_weights())
    path = export(model, path_for(tmp_path, format), format)
    (images,) = RUNNERS[format](path, [latents(2)])
    expected = keras.ops.convert_to_numpy(plain(latents(2), training=False))
    np.testing.assert_allclose(images, expected, atol=1e-5)


class TwoNetworks(TinyGAN):
    inference_networks = ("generator", "critic")


@formats
def test_several_networks_make_a_directory(tmp_path, format):
    model = TwoNetworks()
    path = export(model, tmp_path / "both", format)
    suffix = {"onnx": ".onnx", "savedmodel": ""}[format]
    names = sorted(x.name for x in path.iterdir())
    assert names == [f"critic{suffix}", f"generator{suffix}"]
    for name, length in (("generator", 2), ("critic", 3)):
        x = latents(4, length)
        (received,) = RUNNERS[format](path / f"{name}{suffix}", [x])
        expected = keras.ops.convert_to_numpy(getattr(model, name)(x))
        np.testing.assert_allclose(received, expected, atol=1e-5)
    export(model, path, format, overwrite=True)
    (path / "mine.txt").touch()
    with pytest.raises(FileExistsError, match="other things"):
        export(model, path, format, overwrite=True)


# What can't be


def test_formats_that_the_backend_lacks(model, tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "EXPORTS", {})
    with pytest.raises(ValueError, match=r"export it on .*'savedmodel'$"):
        export(model, tmp_path / "a", "savedmodel")
    monkeypatch.setattr(backend, "EXPORTS", {"onnx": ("json", "no_such")})
    with pytest.raises(ImportError, match=r"pip install no_such\..*Received: "):
        export(model, tmp_path / "a.onnx", "onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_table_of_exports_is_of_this_backend():
    expected = {
        "tensorflow": {"onnx", "savedmodel"},
        "jax": {"onnx", "savedmodel"},
        "torch": {"onnx"},
    }
    assert set(backend.EXPORTS) == expected[keras.backend.backend()]


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("a.keras", "h5", "`format` must be one of"),
        ("a.h5", "keras", r"`path` must end in \.keras"),
        ("a", "keras", r"`path` must end in \.keras"),
    ],
)
def test_wrong_arguments(model, tmp_path, name, format, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        export(model, tmp_path / name, format)


def test_other_models(tmp_path):
    with pytest.raises(ValueError, match=r"a model of zoo\..*Sequential"):
        export(keras.Sequential(), tmp_path / "a.keras")


def test_what_is_there_is_kept(model, tmp_path, monkeypatch):
    path = tmp_path / "a.keras"
    path.write_text("old")
    with pytest.raises(FileExistsError, match="`overwrite=True`"):
        export(model, path)

    def failing(self, file):
        file.write_text("half")
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(zoo.DCGAN, "save", failing)
        with pytest.raises(OSError, match="disk full"):
            export(model, path, overwrite=True)
    assert path.read_text() == "old"
    assert [x.name for x in tmp_path.iterdir()] == ["a.keras"]
    export(model, path, overwrite=True)
    assert isinstance(keras.saving.load_model(path), zoo.DCGAN)


def test_only_exports_are_replaced(model, tmp_path, monkeypatch):
    """A wrong path and `overwrite` must not cost anybody's files."""
    monkeypatch.setattr(backend, "EXPORTS", {"savedmodel": ()})

    def exported(network, path, format):
        (path / "saved_model.pb").write_text("new")

    monkeypatch.setattr("zoo.engine.exporting._export", exported)
    target = tmp_path / "mine"
    for name in ("thesis.tex", "saved_model.txt"):
        target.mkdir(exist_ok=True)
        (target / name).touch()
        with pytest.raises(FileExistsError, match="other things"):
            export(model, target, "savedmodel", overwrite=True)
        (target / name).unlink()
    (target / "saved_model.pb").write_text("old")
    (target / "variables").mkdir()
    export(model, target, "savedmodel", overwrite=True)
    assert [x.name for x in target.iterdir()] == ["saved_model.pb"]
    assert (target / "saved_model.pb").read_text() == "new"
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FileExistsError, match="other things"):
        export(model, file, "savedmodel", overwrite=True)
    assert {x.name for x in tmp_path.iterdir()} == {"mine", "file"}


def test_a_failure_keeps_the_old_directory(model, tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "EXPORTS", {"savedmodel": ()})

    def failing(network, path, format):
        (path / "half").touch()
        raise RuntimeError("can't convert")

    monkeypatch.setattr("zoo.engine.exporting._export", failing)
    target = tmp_path / "a"
    target.mkdir()
    (target / "saved_model.pb").write_text("old")
    with pytest.raises(RuntimeError, match="can't convert"):
        export(model, target, "savedmodel", overwrite=True)
    assert (target / "saved_model.pb").read_text() == "old"
    assert [x.name for x in tmp_path.iterdir()] == ["a"]


# Names


@pytest.mark.skipif(not can_export("onnx"), reason="not on this backend")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ConditionalGAN", {"generator": "latents, classes -> images"}),
        (
            "CycleGAN",
            {
                "generator_ab": "images -> translated",
                "generator_ba": "images -> translated",
            },
        ),
        ("SRResNet", {"generator": "low -> enlarged"}),
    ],
)
def test_a_stranger_knows_what_is_what(tmp_path, name, expected):
    """By the model's own method, with axes of any size named."""
    import onnxruntime

    entry = MODELS[name]
    model = entry.make()
    several = len(expected) > 1
    path = tmp_path / ("both" if several else "one.onnx")
    assert model.export(path, format="onnx") == path
    for network, signature in expected.items():
        file = path / f"{network}.onnx" if several else path
        session = onnxruntime.InferenceSession(file)
        ends = session.get_inputs(), session.get_outputs()
        found = [", ".join(x.name for x in values) for values in ends]
        assert " -> ".join(found) == signature
        assert {x.shape[0] for values in ends for x in values} == {"batch"}
        assert [x.shape[1:] for x in ends[0]] == [
            [n or side for n, side in zip(x.shape[1:], SIDES, strict=False)]
            for x in model.network(network).inputs
        ]
        inputs = {x.name: x.shape for x in model.network(network).inputs}
        for count in (1, 3):
            random = np.random.default_rng(count)
            given = {
                key: random.normal(size=(count, *(n or 8 for n in shape[1:])))
                for key, shape in inputs.items()
            }
            given = {k: x.astype("float32") for k, x in given.items()}
            (made,) = session.run([signature.split(" -> ")[1]], given)
            values = list(given.values())
            own = model.network(network)(
                values if len(values) > 1 else values[0]
            )
            own = keras.ops.convert_to_numpy(own)
            np.testing.assert_allclose(made, own, atol=1e-5)


SIDES = "height", "width", None, None


@pytest.mark.skipif(not can_export("onnx"), reason="not on this backend")
def test_an_onnx_file_makes_what_generate_makes(model, tmp_path):
    """The example of `zoo.export`."""
    import onnxruntime

    path = model.export(tmp_path / "generator.onnx", "onnx")
    session = onnxruntime.InferenceSession(path)
    for count in (1, 3):
        latents = model.latents(count, seed=0)
        (images,) = session.run(["images"], {"latents": latents})
        expected = model.generate(count, seed=0)
        np.testing.assert_allclose(images, expected, atol=1e-5)


def test_the_method_is_the_function(model, tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "EXPORTS", {"savedmodel": ()})
    asked = []
    monkeypatch.setattr(
        "zoo.engine.exporting._export", lambda *given: asked.append(given[1:])
    )
    for name in ("tf_saved_model", "savedmodel"):
        model.export(tmp_path / name, name)
        with pytest.raises(FileExistsError):
            model.export(tmp_path / name, name)
    assert [format for _, format in asked] == ["savedmodel"] * 2
    monkeypatch.setattr(backend, "EXPORTS", {"onnx": ()})
    with pytest.raises(ValueError, match=r"must end in \.onnx"):
        model.export(tmp_path / "x", "onnx")
