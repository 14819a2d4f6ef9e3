"""Saving and loading presets, and each way in which one can be wrong."""

import json
import os
import shutil
import warnings

import h5py
import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import SHAPE, random_images, tiny_dcgan
from support.preset_files import promise, rewrite

import zoo
from zoo.registry import (
    PresetError,
    PresetFormatError,
    PresetIntegrityError,
    PresetNotFoundError,
    open_preset,
)
from zoo.utils.grids import image_grid


def test_a_preset_is_plain_files_that_describe_themselves(saved, trained):
    assert sorted(os.listdir(saved)) == [
        "README.md",
        "config.json",
        "metadata.json",
        "model.weights.h5",
        "samples.png",
        "training.weights.h5",
    ]
    metadata = json.loads((saved / "metadata.json").read_text())
    # By hand: dense 8 x 128, 4x4 kernels 8 -> 4 -> 1, two normalizations.
    generator = 8 * 128 + 16 * (8 * 4 + 4) + 2 * (8 + 4)
    # 4x4 kernels 1 -> 4 -> 8, one normalization, dense 128 x 1.
    discriminator = 16 * (4 + 4 * 8) + 2 * 8 + 128
    assert metadata["parameters"] == {
        "generator": generator,
        "discriminator": discriminator,
    }
    assert metadata["model"] == "zoo>DCGAN"
    assert metadata["images"] == {"shape": list(SHAPE), "range": [-1, 1]}
    assert metadata["versions"]["backend"] == keras.backend.backend()
    card = (saved / "README.md").read_text()
    for text in ("license: mit", "A tiny model.", "samples.png", "1.5", "0.5"):
        assert text in card
    grid = np.array(Image.open(saved / "samples.png"))
    assert grid.std() > 5


def test_inference_loads_the_average_and_no_opponent(saved, trained):
    model = zoo.DCGAN.from_preset(saved)
    expected = trained.generate(5, seed=1)
    np.testing.assert_array_equal(model.generate(5, seed=1), expected)
    kernel, other = (
        keras.ops.convert_to_numpy(m.discriminator.layers[1].kernel)
        for m in (model, trained)
    )
    assert np.abs(kernel - other).max() > 1e-4
    raw = keras.ops.convert_to_numpy(model.generator.trainable_variables[0])
    average = model.network("generator").variables[0]
    np.testing.assert_array_equal(raw, keras.ops.convert_to_numpy(average))


def test_training_goes_on_with_all_networks(saved, trained):
    model = zoo.DCGAN.from_preset(str(saved), for_training=True)
    for name in ("generator", "discriminator"):
        for a, b in zip(
            getattr(model, name).variables,
            getattr(trained, name).variables,
            strict=True,
        ):
            a, b = map(keras.ops.convert_to_numpy, (a, b))
            np.testing.assert_array_equal(a, b, err_msg=name)
    before = model.network("generator").get_weights()
    model.compile(
        generator_optimizer=keras.optimizers.SGD(1.0),
        discriminator_optimizer=keras.optimizers.SGD(1.0),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(random_images(4), batch_size=4, verbose=0)
    after = model.network("generator").get_weights()
    raw = model.generator.get_weights()
    # Of decay 0.9 (by the argument), not of an early average's 0.1.
    np.testing.assert_allclose(
        after[0], before[0] + 0.1 * (raw[0] - before[0]), rtol=1e-5, atol=1e-7
    )


def test_training_without_opponents_warns(saved):
    model = zoo.DCGAN.from_preset(saved)
    model.compile()
    with pytest.warns(UserWarning, match="for_training=True"):
        model.fit(random_images(4), batch_size=4, verbose=0)


def test_the_class_is_found_or_checked(saved):
    assert type(zoo.GenerativeModel.from_preset(saved)) is zoo.DCGAN
    from support.tiny_gan import TinyGAN

    with pytest.raises(PresetFormatError, match=r"zoo\.DCGAN\.from_preset"):
        TinyGAN.from_preset(saved)


def test_architecture_alone_and_other_arguments(saved, trained):
    model = zoo.DCGAN.from_preset(
        saved, load_weights=False, dtype="mixed_bfloat16"
    )
    assert model.dtype_policy.name == "mixed_bfloat16"
    assert model.filters == trained.filters
    assert not np.array_equal(
        model.generate(2, seed=0), trained.generate(2, seed=0)
    )


def test_saving_replaces_earlier_presets_only(trained, preset, tmp_path):
    (preset / "extra.txt").write_text("of the earlier preset")
    trained.save_to_preset(preset, for_training=False, samples=0)
    assert sorted(os.listdir(preset)) == [
        "README.md", "config.json", "metadata.json", "model.weights.h5",
    ]  # fmt: skip
    assert sorted(os.listdir(preset.parent)) == ["tiny"]
    with pytest.raises(PresetFormatError, match="only what generates"):
        zoo.DCGAN.from_preset(preset, for_training=True)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="Received"):
        trained.save_to_preset(mine)
    assert (mine / "thesis.txt").read_text() == "precious"


def test_without_an_average_nothing_is_stored_twice(tmp_path):
    model = tiny_dcgan(ema_decay=None)
    path = model.save_to_preset(tmp_path / "plain", samples=4)
    loaded = zoo.DCGAN.from_preset(path, for_training=True)
    np.testing.assert_array_equal(
        loaded.generate(3, seed=0), model.generate(3, seed=0)
    )
    sizes = {f: os.path.getsize(path / f) for f in os.listdir(path)}
    assert sizes["training.weights.h5"] < sizes["model.weights.h5"]


def test_half_precision(trained, saved, tmp_path):
    path = trained.save_to_preset(tmp_path / "half", half_precision=True)
    loaded = zoo.DCGAN.from_preset(path, for_training=True)
    for name in ("generator", "discriminator"):
        network = getattr(loaded, name)
        weights = getattr(trained, name).get_weights()
        for weight, expected in zip(network.weights, weights, strict=True):
            assert weight.dtype == "float32"
            np.testing.assert_array_equal(
                keras.ops.convert_to_numpy(weight), expected.astype("float16")
            )
    made, expected = (x.generate(5, seed=1) for x in (loaded, trained))
    assert 0 < np.abs(made - expected).max() < 0.01
    for file in ("model.weights.h5", "training.weights.h5"):
        with h5py.File(path / file) as half, h5py.File(saved / file) as whole:
            assert _bytes(half) == _bytes(whole) / 2
    assert not list(path.glob("half.*"))


def _bytes(file):
    sizes = []
    file.visititems(lambda _, x: sizes.append(getattr(x, "nbytes", 0)))
    return sum(sizes)


def test_too_large_for_half_precision(tmp_path):
    model = tiny_dcgan()
    kernel = model.generator.trainable_variables[0]
    kernel.assign(kernel * 1e9)
    with pytest.raises(ValueError, match=r"at most 65504.*Received"):
        model.save_to_preset(tmp_path / "mine", half_precision=True, samples=0)
    assert not os.listdir(tmp_path)


# What can be wrong, each with its own error.


def load(path):
    return zoo.GenerativeModel.from_preset(path, for_training=True)


def test_unknown_names_suggest_near_ones(saved):
    zoo.register_preset("tiny_of_this_test", saved)
    assert open_preset("tiny_of_this_test").metadata.name == "tiny"
    with pytest.raises(ValueError, match="has that name"):
        zoo.register_preset("tiny_of_this_test", saved)
    with pytest.raises(PresetNotFoundError, match="'tiny_of_this_test'"):
        load("tiny_of_this_tets")
    with pytest.raises(ValueError, match="no slashes"):
        zoo.register_preset("a/b", saved)
    with pytest.raises(PresetNotFoundError, match="Expected a scheme"):
        load("ftp://somewhere/preset")
    names = [preset.name for preset in zoo.list_presets("DCGAN")]
    assert "tiny" in names
    assert "DCGAN" in str(zoo.list_presets(zoo.DCGAN))
    assert "<table>" in zoo.list_presets()._repr_html_()


def test_a_registered_hash_pins_the_preset(preset):
    from zoo.registry.downloads import record_of

    sha256 = record_of(preset / "metadata.json").sha256
    zoo.register_preset("pinned", preset, sha256)
    load("pinned")
    rewrite(preset, "metadata.json", lambda m: m.update(description="Other."))
    with pytest.raises(PresetIntegrityError, match=sha256):
        load("pinned")
    assert "can't be read" in str(zoo.list_presets())


def test_an_empty_directory_and_a_missing_file(preset, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PresetNotFoundError, match=r"metadata\.json"):
        load(tmp_path / "empty")
    (preset / "model.weights.h5").unlink()
    with pytest.raises(PresetNotFoundError, match=r"model\.weights\.h5"):
        load(preset)


@pytest.mark.parametrize("version", [0, 2, None, "1", 1e9])
def test_another_version_of_the_format(preset, version):
    rewrite(preset, "metadata.json", lambda m: m.update(format_version=version))
    with pytest.raises(PresetFormatError, match="format version 1"):
        load(preset)


def test_truncated_and_changed_weights(preset):
    path = preset / "model.weights.h5"
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    with pytest.raises(PresetIntegrityError, match="damaged or was changed"):
        load(preset)
    promise(preset, path.name)  # A truncated file that is what it promises.
    with pytest.raises(PresetFormatError, match="HDF5"):
        load(preset)
    path.write_bytes(data[:3000] + b"\xff" + data[3001:])
    with pytest.raises(PresetIntegrityError):
        load(preset)


def test_weights_of_another_architecture(preset, tmp_path):
    other = tiny_dcgan(filters=8).save_to_preset(tmp_path / "o", samples=0)
    shutil.copy(other / "model.weights.h5", preset)
    promise(preset, "model.weights.h5")
    with pytest.raises(PresetFormatError, match="another architecture"):
        load(preset)


def test_weights_of_as_many_numbers_in_other_shapes(preset):
    import h5py

    with h5py.File(preset / "model.weights.h5", "r+") as file:
        group = file["generator/layers/dense/vars"]
        turned = group["0"][:].T
        del group["0"]
        group["0"] = turned
    promise(preset, "model.weights.h5")
    with pytest.raises(PresetFormatError, match="another architecture"):
        load(preset)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tricks": 3}, r"no arguments \['tricks'\]"),
        ({"filters": -1}, "refuses the preset's arguments"),
        ({"filters": "four"}, "refuses the preset's arguments"),
        ({"image_shape": [17, 17, 1]}, "refuses the preset's arguments"),
        ({"image_shape": None}, "refuses the preset's arguments"),
        ({"dtype": "float1"}, "Argument `dtype`"),
        ({"ema_decay": [1]}, "refuses the preset's arguments"),
        ({"filters": 8}, "another architecture"),
    ],
)
def test_arguments_that_the_model_does_not_take(preset, change, message):
    rewrite(preset, "config.json", lambda c: c["config"].update(change))
    with pytest.raises(PresetFormatError, match=message):
        load(preset)


def test_metadata_with_fields_missing_or_unknown_or_of_other_types(preset):
    whole = json.loads((preset / "metadata.json").read_text())
    for name in set(whole) - {"format_version"}:
        changed = {k: v for k, v in whole.items() if k != name}
        (preset / "metadata.json").write_text(json.dumps(changed))
        with pytest.raises(PresetFormatError, match=rf"missing=.'{name}'"):
            load(preset)
        changed = whole | {name: 3.5}
        (preset / "metadata.json").write_text(json.dumps(changed))
        with pytest.raises(PresetError, match=name):
            load(preset)
    (preset / "metadata.json").write_text(json.dumps(whole | {"more": 1}))
    with pytest.raises(PresetFormatError, match=r"unknown=.'more'"):
        load(preset)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000,
        "\x00", '"' + "a" * (1 << 20) + '"', "{" * 3,
    ],
)  # fmt: skip
def test_files_that_are_no_json_object(preset, text):
    for name in ("metadata.json", "config.json"):
        shutil.copy(preset / name, preset / "kept")
        (preset / name).write_text(text)
        if name == "config.json":
            promise(preset, name)
        with pytest.raises(PresetFormatError):
            load(preset)
        shutil.move(preset / "kept", preset / name)


@pytest.fixture
def translating(trained, tmp_path, monkeypatch):
    """Returns a preset whose pictures are made of images: their negatives."""

    def pictures(self, count, seed=None, inputs=None, **arguments):
        return -inputs[:count]

    monkeypatch.setattr(zoo.DCGAN, "pictures", pictures)
    images = random_images(20)
    return trained.save_to_preset(tmp_path / "it", samples=8, inputs=images)


def test_images_that_are_translated_are_part_of_the_preset(
    translating, trained
):
    inputs = open_preset(translating).inputs()
    np.testing.assert_allclose(inputs, random_images(20)[:8], atol=1 / 255)
    grid = np.array(Image.open(translating / "samples.png"))
    made = np.array(image_grid(trained.pictures(8, 0, inputs), 8))
    np.testing.assert_array_equal(grid, made)


def test_images_that_are_no_images(translating):
    path = translating / "inputs.npz"
    np.savez(path, images=np.array([{}], dtype=object))
    promise(translating, "inputs.npz")
    with pytest.raises(PresetFormatError, match=r"Expected inputs\.npz"):
        open_preset(translating).inputs()


def test_a_preset_without_such_images(saved):
    assert open_preset(saved).inputs() is None
