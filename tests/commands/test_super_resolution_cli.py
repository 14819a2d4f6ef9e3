"""`zoo upscale`, and the recipes of super-resolution."""

import types

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import invoke

import pipelines
import zoo
from zoo import metrics
from zoo.recipes import super_resolution
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings
from zoo.recipes.super_resolution import measure


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file of a tiny SRResNet."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    keras.utils.set_random_seed(0)
    zoo.SRResNet(filters=2, blocks=1).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """Two photos of different sizes, the second partly transparent."""
    random = np.random.default_rng(0)
    files = [tmp_path / "one.jpg", tmp_path / "two.png"]
    shapes = [(40, 48, 3), (33, 52, 4)]
    for file, shape in zip(files, shapes, strict=True):
        pixels = random.integers(0, 256, shape, dtype="uint8")
        Image.fromarray(pixels).save(file)
    return files


def test_upscale(model, photos, tmp_path):
    code, out = invoke("upscale", model, *photos, "--output", tmp_path / "to")
    assert code == 0, out
    found = {}
    for file in sorted((tmp_path / "to").iterdir()):
        assert file.name in out
        with Image.open(file) as image:
            found[file.name] = image.size, image.mode
    assert found == {
        "one.png": ((192, 160), "RGB"),
        "two.png": ((208, 132), "RGBA"),
    }


def test_upscale_errors(model, photos, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    other = tmp_path / "dcgan.keras"
    zoo.DCGAN((16, 16, 1), filters=1).save(other)
    for arguments, message in [
        ((model, broken), "broken.png"),
        ((model, tmp_path / "none.png"), "no such file or folder"),
        ((model, photos[0], photos[0]), "twice: ['one']"),
        ((other, photos[0]), "zoo.SRResNet or zoo.SRGAN"),
    ]:
        code, out = invoke("upscale", *arguments, "--output", tmp_path / "to")
        assert code == 2
        # Long paths are broken over lines anywhere.
        assert message.replace(" ", "") in out.replace(" ", "")


def test_recipe_of_srresnet(photos, tmp_path):
    arguments = ["--data", tmp_path, "--size", 16, "--epochs", 1]
    arguments += ["--set", "filters=2", "--set", "blocks=1"]
    output = tmp_path / "run"
    code, out = invoke("train", "srresnet", *arguments, "--output", output)
    assert code == 0, out
    assert (output / "samples" / "epoch-0001.png").is_file()
    code, out = invoke("upscale", output, tmp_path, "--output", output)
    assert code == 0, out


def test_recipe_of_srgan_starts_from_srresnet(model, photos, monkeypatch):
    """Without the held-out photos, which may be installed, or not."""

    def not_installed():
        raise ImportError

    monkeypatch.setattr(pipelines, "held_out_photos", not_installed)
    arguments = {"srresnet": str(model), "content": "mse"}
    settings = default_settings(
        "srgan", data=str(photos[0].parent), size=16, arguments=arguments
    )
    recipe = get_recipe("srgan")
    inputs = recipe.inputs(settings)
    found = recipe.model(**inputs.arguments | settings.arguments)
    assert found.crop_size == 16
    assert inputs.preview.shape == (16, 4, 4, 3)
    first = keras.saving.load_model(model).generator.get_weights()
    for value, expected in zip(
        found.generator.get_weights(), first, strict=True
    ):
        np.testing.assert_array_equal(value, expected)


def test_measures(model, monkeypatch):
    """By images that tell the contenders apart."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (2, 12, 11, 3), dtype="uint8")
    held_out = {
        f"photo {i}": np.pad(photo.repeat(4, 0).repeat(4, 1), PADDING, "edge")
        for i, photo in enumerate(coarse)
    }
    monkeypatch.setattr(pipelines, "held_out_photos", lambda: held_out)
    monkeypatch.setattr(super_resolution, "perceptual_distance", metrics.psnr)
    nearest = types.SimpleNamespace(
        scale=4, upscale=lambda low: low.repeat(4, 1).repeat(4, 2)
    )
    settings = default_settings("srresnet")
    table = measure(nearest, settings, 0)
    names = [f"{m}_{c}_x4" for m in ("psnr", "ssim") for c in ("y", "rgb")]
    assert list(table) == [*names, "vgg16_hed_distance_x4"]
    row = table["psnr_y_x4"]
    assert row["photos"] == "photo 0, photo 1"
    for value, photo in zip(row["each"], held_out.values(), strict=True):
        high = photo[:48, :44]
        low = pipelines.low_resolution(high, 4)
        large = low.repeat(4, 0).repeat(4, 1)
        expected = metrics.psnr(large[None], high[None], "y", 4)[0]
        assert value == pytest.approx(expected)
    assert row["value"] == pytest.approx(np.mean(row["each"]))
    assert row["bicubic"] != row["value"]


PADDING = ((0, 1), (0, 2), (0, 0))  # No multiple of 4.
