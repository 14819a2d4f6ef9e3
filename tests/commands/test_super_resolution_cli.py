"""`zoo upscale`, and the recipes of super-resolution."""

import io
import types

import keras
import numpy as np
import pytest
from PIL import Image, ImageCms
from rich.console import Console
from support.harness import invoke

import pipelines
import zoo
from zoo import metrics
from zoo.cli import common
from zoo.commands.upscaling import upscale_files
from zoo.models.super_resolution import (
    super_resolution as super_resolution_model,
)
from zoo.recipes import super_resolution
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings
from zoo.recipes.super_resolution import measure
from zoo.utils.grids import to_uint8


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


class Bicubic(zoo.SRResNet):
    """Enlarges by Pillow's filter, which tells colours and fringes apart."""

    def upscale(self, images, batch_size=16):
        return np.clip(
            super_resolution_model.bicubic(images, self.scale), -1, 1
        )


@pytest.fixture(scope="module")
def bicubic():
    return Bicubic(filters=1, blocks=1)


def enlarged(model, path, **options):
    """Returns the picture that becomes of a file."""
    (result,) = upscale_files(model, [path], path.parent / "to", **options)
    with Image.open(result) as picture:
        picture.load()
        return picture


def test_no_fringes_where_it_is_transparent(bicubic, tmp_path):
    """White on clear black: 169 to 176 along the edges, where it is white."""
    pixels = np.zeros((20, 24, 4), "uint8")
    pixels[5:15, 6:18] = 255
    pixels[5, 6:18, 3] = 128
    image = Image.fromarray(pixels)
    image.save(tmp_path / "a.png")
    made = enlarged(bicubic, tmp_path / "a.png")
    assert made.mode == "RGBA"
    shown = [
        Image.alpha_composite(Image.new("RGBA", x.size, "white"), x)
        for x in (made, image.resize(made.size, Image.Resampling.BICUBIC))
    ]
    assert np.asarray(shown[0]).min() == 255
    difference = np.subtract(*(np.asarray(x).astype(int) for x in shown))
    assert abs(difference).max() <= 2


def test_what_files_keep(bicubic, tmp_path):
    """16-bit grey was white, a clear grey black; profiles were lost."""
    ramp = np.arange(256, dtype="uint16").reshape(16, 16) * 257
    Image.fromarray(ramp).save(tmp_path / "wide.png")
    made = enlarged(bicubic, tmp_path / "wide.png")
    grey = Image.fromarray((ramp // 257).astype("uint8"))
    expected = grey.resize((64, 64), Image.Resampling.BICUBIC)
    assert made.mode == "L"
    assert np.abs(np.subtract(made, expected, dtype=int)).max() <= 1

    grey.save(tmp_path / "clear.png", transparency=0)
    Image.new("L", (16, 16), 0).save(tmp_path / "all.png", transparency=0)
    made = enlarged(bicubic, tmp_path / "clear.png")
    assert made.mode == "LA"
    assert (
        np.asarray(enlarged(bicubic, tmp_path / "all.png"))[..., 1].max() == 0
    )

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.new("RGB", (20, 12), "red")
    photo.save(tmp_path / "photo.jpg", icc_profile=profile, exif=exif)
    made = enlarged(bicubic, tmp_path / "photo.jpg")
    assert made.info["icc_profile"] == profile
    assert (made.size, made.mode) == ((48, 80), "RGB")
    grey.save(tmp_path / "grey.tif", icc_profile=profile)  # Not of grey.
    assert "icc_profile" not in enlarged(bicubic, tmp_path / "grey.tif").info


@pytest.mark.parametrize("scale", [3, 4])
def test_tiles_equal_the_whole(scale, tmp_path):
    keras.utils.set_random_seed(0)
    model = zoo.SRResNet(scale, filters=4, blocks=2, global_skip=True)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (70, 121, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "a.png")
    whole = to_uint8(model.upscale(pixels[None] / np.float32(127.5) - 1))[0]
    assert whole.std() > 10
    seen = []
    made = enlarged(
        model, tmp_path / "a.png", tile=64, report=lambda *x: seen.append(x)
    )
    assert np.abs(np.subtract(made, whole, dtype=int)).max() <= 1
    assert seen == [("a.png", i + 1, len(seen)) for i in range(len(seen))]
    assert len(seen) == 6


def test_reach_is_how_far_the_network_looks():
    keras.utils.set_random_seed(0)
    for scale in (2, 3, 4, 8):
        model = zoo.SRResNet(scale, filters=2, blocks=1, channels=1)
        images = np.zeros((1, 45, 45, 1), "float32")
        images[0, 22, 22] = 1
        changed = model.upscale(images) != model.upscale(images * 0)
        rows = np.flatnonzero(changed.any(axis=(0, 2, 3)))
        reach = (22 * scale - rows[0]) / scale
        assert model.reach - 1 <= reach <= model.reach


def test_bar(monkeypatch):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(common, "errors", terminal)
    bar = common.Bar()
    bar("small.png", 1, 1)
    assert terminal.file.getvalue() == ""
    for done in (1, 2, 3):
        bar("large.png", done, 3)
    shown = terminal.file.getvalue()
    assert "large.png" in shown
    assert "3/3" in shown
    bar("next.png", 1, 9)
    bar.stop()
    assert "next.png" in terminal.file.getvalue()


def test_names_of_results(bicubic, tmp_path):
    """What is beside each other, in folders, hidden, or a folder itself."""
    names = ("a.jpg", "a.png", "b.tif", "in/a.png", "._a.jpg", ".in/x.png")
    folder = tmp_path / "photos"
    for name in (*names, "to/old.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(folder / name)
    (folder / "y.png").mkdir()
    results = list(upscale_files(bicubic, [folder], folder / "to"))
    found = [x.relative_to(folder / "to").as_posix() for x in results]
    assert found == ["a.jpg.png", "a.png.png", "b.png", "in/a.png"]


def test_output_over_input(model, tmp_path):
    photo = tmp_path / "photos" / "in" / "a.png"
    photo.parent.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(photo)
    before = photo.read_bytes()
    folder = tmp_path / "photos"
    for source, output in [
        (folder, folder), (photo, photo.parent), (folder / "in" / "..", folder)
    ]:  # fmt: skip
        code, out = invoke("upscale", model, source, "--output", output)
        assert code == 2
        assert "another directory" in " ".join(out.split())
    assert photo.read_bytes() == before
    assert list(photo.parent.iterdir()) == [photo]


@pytest.mark.filterwarnings("default:Images of formats:UserWarning")
def test_a_bad_file_is_skipped(model, photos, tmp_path):
    (tmp_path / "bad.png").write_bytes(photos[0].read_bytes()[:50])
    (tmp_path / "x.heic").write_bytes(b"")
    code, out = invoke("upscale", model, tmp_path, "--output", tmp_path / "to")
    out = " ".join(out.split())
    assert code == 1
    assert out.count("Warning: ") == 2
    assert "bad.png" in out
    assert "x.heic" in out
    assert out.count("Wrote ") == 2
    for photo in photos:
        photo.write_bytes(b"")
    code, out = invoke("upscale", model, tmp_path, "--output", tmp_path / "to")
    assert code == 2
    assert "None of the 3 images" in " ".join(out.split())


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
