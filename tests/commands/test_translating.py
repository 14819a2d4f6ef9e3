"""`zoo translate`, and the recipe from relief to satellite pictures."""

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import invoke

import zoo
from zoo import metrics
from zoo.recipes import pix2pix, relief
from zoo.recipes.settings import default_settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Returns a folder with a saved model and a folder of three pictures."""
    path = tmp_path_factory.mktemp("translate")
    keras.utils.set_random_seed(0)
    model = zoo.Pix2Pix((16, 16, 1), 3, 2, receptive_field=16)
    model.save(path / "model.keras")
    (path / "in").mkdir()
    random = np.random.default_rng(0)
    for name in ("a.png", "b.jpg", "c.bmp"):
        pixels = random.integers(0, 256, (20, 24, 3), dtype="uint8")
        Image.fromarray(pixels).save(path / "in" / name)
    return path


def translate(files, *arguments):
    return invoke("translate", files / "model.keras", *arguments)


def test_translate(files):
    out = files / "out"
    code, output = translate(files, files / "in", "--output", out, "--seed", 1)
    assert code == 0, output
    assert "Wrote 3 images" in output
    assert {p.name for p in out.iterdir()} == {"a.png", "b.png", "c.png"}
    picture = np.asarray(Image.open(out / "a.png"))
    code, output = translate(
        files, files / "in" / "a.png", "--output", files / "again",
        "--seed", 1, "--batch-size", 1,
    )  # fmt: skip
    assert code == 0, output
    again = np.asarray(Image.open(files / "again" / "a.png")).astype(int)
    assert picture.shape == (16, 16)
    assert abs(again - picture).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in", "--direction", "a_to_b"], "Option --direction is not one"),
        (["in", "in/a.png"], "twice: ['a']"),
        (["nothing"], "no such file or folder"),
        (["model.keras"], "Expected an image"),
    ],
    ids=["direction", "twice", "missing", "no image"],
)
def test_translate_errors(files, arguments, message):
    paths = [
        files / x if (files / x).exists() or x == "nothing" else x
        for x in arguments
    ]
    code, output = translate(files, *paths, "--output", files / "errors")
    assert code == 2
    assert message in output


def test_a_model_that_does_not_translate(tmp_path):
    zoo.DCGAN((16, 16, 1), 2, 1).save(tmp_path / "model.keras")
    code, output = invoke(
        "translate", tmp_path / "model.keras", tmp_path, "--output", tmp_path
    )
    assert code == 2
    assert "Expected a model that translates" in output


# The recipe, on maps of our own


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """Returns a folder of two maps of 1080 x 1640 pixels, all of it land."""
    path = tmp_path_factory.mktemp("maps")
    random = np.random.default_rng(0)
    relief_map = random.integers(100, 255, (27, 41, 3), dtype="uint8")
    relief_map[..., 2] = 50
    relief_map = relief_map.repeat(40, axis=0).repeat(40, axis=1)
    for name, pixels in zip(
        relief.FILES, (relief_map, 199 - relief_map // 2), strict=True
    ):
        Image.fromarray(pixels).save(path / name, quality=95)
    return path


def test_tiles_of_held_out_regions_are_in_no_training_tile():
    """On a map whose pixels tell their place, in three bytes."""
    numbers = np.arange(540 * 820).reshape(540, 820)
    places = np.stack([numbers >> n & 255 for n in (0, 8, 16)], axis=-1)
    places = places.astype("uint8")
    seen = {}
    for split in ("train", "test"):
        where, same = relief.tiles(places, places, 64, split)
        np.testing.assert_array_equal(where, same)
        low, middle, high = np.moveaxis(where.astype(int), -1, 0)
        seen[split] = set(np.unique(low + (middle << 8) + (high << 16)))
    assert len(seen["train"]) > 64**2
    assert len(seen["test"]) == 4 * 4 * 64**2  # Tiles and pixels.
    assert not seen["train"] & seen["test"]


def test_sea_and_ice_are_dropped():
    land, sea = np.full((64, 64, 3), (90, 80, 70)), (10, 60, 200)
    maps = [np.tile(land, (9, 9, 1)).astype("uint8") for _ in range(2)]
    everything = len(relief.tiles(*maps, 64, "test")[0])
    maps[0][:, :150] = sea
    maps[1][150:] = 255
    kept, _ = relief.tiles(*maps, 64, "test")
    assert 0 < len(kept) < everything
    for image in kept:
        assert (image[..., 0] > image[..., 2]).mean() >= 0.25


def test_mean_colour_by_relief():
    shades = np.array([[[[16, 0, 0], [17, 0, 0], [64, 0, 0]]]], "uint8")
    seen = np.array([[[[10, 0, 0], [30, 0, 0], [90, 9, 0]]]], "uint8")
    painted = relief.painted(shades, relief.colours_by_relief(shades, seen))
    expected = [[20, 0, 0], [20, 0, 0], [90, 9, 0]]
    np.testing.assert_array_equal(painted[0, 0], expected)


def test_recipe(maps):
    settings = default_settings("pix2pix", data=str(maps), batch_size=4)
    inputs = pix2pix.pairs(settings)
    assert inputs.arguments == {
        "image_shape": (64, 64, 3),
        "source_channels": 3,
    }
    assert inputs.preview.shape == (32, 64, 128, 3)
    source, target = relief.tiles(*relief.read_maps(maps), 64, "test")
    first = inputs.preview[0] * 127.5 + 127.5
    np.testing.assert_allclose(first[:, :64], source[0], atol=1e-3)
    np.testing.assert_allclose(first[:, 64:], target[0], atol=1e-3)

    class Perfect:
        def translate(self, images, seed):
            return target[: len(images)] / np.float32(127.5) - 1

    found = pix2pix.measure(Perfect(), settings, 8)
    l1, ssim = found["l1_grey_levels_8_test_tiles"], found["ssim_8_test_tiles"]
    assert l1["value"] == 0
    assert ssim["value"] == pytest.approx(1)
    copy = np.abs(source[:8].astype(float) - target[:8]).mean()
    assert l1["of_input_copy"] == pytest.approx(copy, rel=1e-6)
    copy = metrics.ssim(source[:8], target[:8]).mean()
    assert ssim["of_input_copy"] == pytest.approx(copy)
    assert 0 < l1["of_mean_colour_by_relief"] < l1["of_input_copy"]


def test_recipe_of_two_folders(tmp_path):
    random = np.random.default_rng(0)
    for side in ("source", "target"):
        (tmp_path / side).mkdir()
        for i in range(4):
            pixels = random.integers(0, 256, (16, 16, 3), dtype="uint8")
            Image.fromarray(pixels).save(tmp_path / side / f"{i}.png")
    settings = default_settings(
        "pix2pix", data=str(tmp_path), size=16, batch_size=2
    )
    inputs = pix2pix.pairs(settings)
    assert inputs.arguments["image_shape"] == (16, 16, 3)
    assert inputs.preview.shape == (32, 16, 32, 3)
    assert pix2pix.measure(None, settings, 8) == {}


def test_maps_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"pip install.*Received"):
        relief.read_maps(tmp_path)
