"""`zoo list`, `info`, `verify`, `sample`, `publish`, `upload`."""

import json
import pathlib
import shutil

import h5py
import numpy as np
import pytest
from PIL import Image
from support.harness import invoke, tiny_dcgan, tiny_diffusion

import zoo
from zoo.commands.publishing import command_of, in_float32
from zoo.registry import open_preset
from zoo.utils.public_text import base_names, without_folders


def test_list_and_info(saved):
    code, output = invoke("list")
    assert code == 0
    assert "dcgan_fashion_mnist" in output
    code, output = invoke("list", "--model", "Diffusion")
    assert code == 0
    assert "dcgan_fashion_mnist" not in output
    code, output = invoke("info", saved)
    assert code == 0
    for text in ("A tiny model.", "fd_noise_16", "1.5", "MIT"):
        assert text in output
    code, output = invoke("info", "dcgan_fashion_mnits")
    assert code == 2
    assert "Did you mean 'dcgan_fashion_mnist'" in output


def test_verify(saved, preset):
    code, output = invoke("verify", saved)
    assert (code, "OK" in output) == (0, True)
    (preset / "samples.png").write_bytes(b"other")
    code, output = invoke("verify", saved, preset)
    assert code == 1
    assert output.count("OK") == output.count("BAD") == 1
    assert "samples.png" in output


def test_sample_from_a_preset(saved, trained, tmp_path):
    picture = tmp_path / "grid.png"
    code, output = invoke(
        "sample", saved, "--count", 8, "--seed", 0, "--output", picture
    )
    assert code == 0, output
    expected = np.array(Image.open(saved / "samples.png"), "int64")
    made = np.array(Image.open(picture), "int64")
    assert np.abs(made - expected).max() <= 2
    code, output = invoke("sample", tmp_path / "nothing")
    assert code == 2
    assert "Expected a preset" in output


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns the directory of a tiny training with distances."""
    run = tmp_path_factory.mktemp("run") / "first"
    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("images")
    for i in range(140):
        pixels = random.integers(0, 256, (32, 32), dtype="uint8")
        Image.fromarray(pixels).save(folder / f"{i}.png")
    code, output = invoke(
        "train", "dcgan", "--data", folder, "--size", 32, "--batch-size", 70,
        "--set", "filters=2", "--epochs", 2, "--features", "fashion_mnist",
        "--samples", 140, "--dtype", "mixed_bfloat16", "--output", run,
    )  # fmt: skip
    assert code == 0, output
    return run


def test_publish(finished, tmp_path):
    code, output = invoke(
        "publish", finished, "--output", tmp_path / "mine", "--count", 140,
        "--description", "Noise, for a test.",
    )  # fmt: skip
    assert code == 0, output
    preset = open_preset(tmp_path / "mine")
    preset.verify()
    metadata = preset.metadata
    assert metadata.name == "mine"
    assert set(metadata.files) >= {"losses.csv", "training.weights.h5"}
    assert metadata.training["epochs"] == 2
    assert metadata.training["kept"].startswith("the epoch of the least")
    settings = json.loads((finished / "settings.json").read_text())
    folder = pathlib.Path(settings["data"])
    assert metadata.data == {"name": folder.name}
    for name in ("metadata.json", "README.md", "config.json", "losses.csv"):
        assert str(folder.parent) not in (preset.source.path / name).read_text()
    assert metadata.training["command"] == (
        f"zoo train dcgan --data {folder.name} --batch-size 70 "
        "--dtype mixed_bfloat16 --features fashion_mnist --samples 140 "
        "--set filters=2"
    )
    config = json.loads(preset.file("config.json").read_text())
    assert config["config"]["dtype"] == "float32"
    shares = metadata.metrics["least_class_share_fashion_mnist_140"]
    assert sum(shares["shares"]) == pytest.approx(1)
    assert metadata.metrics["fd_fashion_mnist_140"]["value"] > 0


def test_publish_only_what_generates(finished, tmp_path):
    code, output = invoke(
        "publish", finished, "--output", tmp_path / "mine", "--count", 140,
        "--no-for-training", "--half-precision",
    )  # fmt: skip
    assert code == 0, output
    preset = open_preset(tmp_path / "mine")
    assert "training.weights.h5" not in preset.metadata.files
    assert not preset.trainable
    with h5py.File(preset.file("model.weights.h5")) as file:
        kinds = set()
        file.visititems(lambda _, x: kinds.add(str(getattr(x, "dtype", ""))))
    assert kinds == {"", "float16"}


@pytest.mark.parametrize("tiny", [tiny_dcgan, tiny_diffusion])
def test_float32_of_another_precision(tiny):
    model = tiny(dtype="mixed_bfloat16")
    copy = in_float32(model)
    assert copy.dtype_policy.name == "float32"
    made, expected = (x.generate(4, seed=0) for x in (copy, model))
    assert 0 < np.abs(made - expected).max() < 0.1
    assert in_float32(copy) is copy


def test_publish_needs_a_training(tmp_path):
    code, output = invoke("publish", tmp_path, "--output", tmp_path / "x")
    assert code == 2
    assert "settings.json" in output


def test_the_command_of_a_recipe_is_short():
    from zoo.recipes.settings import default_settings

    settings = json.loads(
        json.dumps(vars(default_settings("dcgan_fashion_mnist", seed=7)))
    )
    assert command_of(settings) == "zoo train dcgan_fashion_mnist --seed 7"


def test_upload_refuses_what_is_no_preset(tmp_path):
    shutil.copytree(tmp_path, tmp_path / "copy", dirs_exist_ok=True)
    code, output = invoke("upload", tmp_path, "hf://me/it")
    assert code == 2
    assert "metadata.json" in output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/shoes", "shoes"),
        ("/home/me/a.zip,../b/", "a.zip,b"),
        ("C:\\Users\\me\\shoes", "shoes"),
        ("tfds:mnist/plain:1.0.0", "tfds:mnist/plain:1.0.0"),
        ("furniture:chair,stool", "furniture:chair,stool"),
        ("fashion_mnist", "fashion_mnist"),
        (16, 16),
    ],
)
def test_names_of_data_that_others_may_read(text, shown):
    assert base_names(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train --data /home/me/a.zip --size 8", "train --data a.zip --size 8"),
        ("--set weights=~/w/v.h5", "--set weights=v.h5"),
        ("of file:///home/me/c.pth, by hand", "of c.pth, by hand"),
        ("https://a.b/c/d and/or 1/2", "https://a.b/c/d and/or 1/2"),
        ({"log": ["/a/b.csv", 3]}, {"log": ["b.csv", 3]}),
    ],
)  # fmt: skip
def test_facts_that_others_may_read(text, shown):
    assert without_folders(text) == shown


def test_presets_name_no_folders(tmp_path):
    """Neither in facts nor in a config, which may name a file of weights."""
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"")
    model = zoo.SRGAN(
        filters=4, blocks=1, crop_size=16, discriminator_filters=4,
        content_weights=weights,
    )  # fmt: skip
    folder = model.save_to_preset(
        tmp_path / "preset",
        samples=0,
        data={"name": str(tmp_path / "photos")},
        training={"command": f"python {tmp_path}/train.py"},
        source=f"{tmp_path}/old.pth",
    )
    for name in ("metadata.json", "README.md", "config.json"):
        assert str(tmp_path) not in (folder / name).read_text()
    config = json.loads((folder / "config.json").read_text())["config"]
    assert config["content_weights"] == "weights.h5"
    zoo.SRGAN.from_preset(folder)
    given = zoo.SRGAN.from_preset(folder, content_weights=weights)
    with pytest.raises((ValueError, OSError), match=r"weights\.h5"):
        given.content.load()
