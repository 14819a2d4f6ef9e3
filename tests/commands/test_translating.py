"""`zoo translate`, and the recipe from relief to satellite pictures."""

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import invoke

import pipelines
import zoo
from zoo import metrics
from zoo.commands import translating
from zoo.recipes import pix2pix, relief
from zoo.recipes.settings import default_settings
from zoo.utils.grids import to_uint8


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


def read(file):
    with Image.open(file) as picture:
        return np.asarray(picture)


class Copy:
    """A model that translates images to themselves."""

    image_shape = (16, 16, 3)

    def translate(self, images, batch_size):
        return images


class FreeCopy(Copy):
    """One that takes any size, both ways."""

    def translate(self, images, batch_size, direction="there", any_size=False):
        assert any_size
        return images


def test_files_are_read_as_for_training(tmp_path):
    """Transparent emoji were off by 93 grey levels, 16-bit grey was white."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (20, 24, 4), dtype="uint8")
    pixels[4:16, 4:12, 3] = 0
    image, folder = Image.fromarray(pixels), tmp_path / "in"
    folder.mkdir()
    image.save(folder / "alpha.png")
    grey = image.convert("L")
    grey.save(folder / "clear.png", transparency=0)
    image.convert("P").save(folder / "palette.png", transparency=3)
    image.convert("CMYK").save(folder / "inks.jpg")
    Image.fromarray(np.asarray(grey, "uint16") * 257).save(folder / "w.png")
    grey.save(folder / "x.tif")
    files = translating.translate_files(Copy(), [folder], tmp_path / "to")
    made = np.stack([read(file) for file in files])
    data = pipelines.images(folder, 16, 6, shuffle=False)
    np.testing.assert_array_equal(made, to_uint8(next(iter(data)).numpy()))
    assert made[0][5, 4].tolist() == [255, 255, 255]


def test_size_and_shape_are_kept(tmp_path):
    """In groups of one size, and in pieces where they are large."""
    random = np.random.default_rng(0)
    sizes = [(30, 20), (30, 20), (300, 270), (21, 33), (270, 256)]
    folder, pictures = tmp_path / "in", []
    folder.mkdir()
    for number, size in enumerate(sizes):
        coarse = random.integers(0, 256, (5, 5, 3), dtype="uint8")
        pictures.append(Image.fromarray(coarse).resize(size))
        pictures[-1].save(folder / f"{number}.png")
    files = translating.translate_files(
        FreeCopy(), [folder], tmp_path / "to", tile=256
    )
    assert [x.name for x in files] == [f"{i}_there.png" for i in range(5)]
    for file, picture in zip(files, pictures, strict=True):
        difference = np.subtract(read(file), picture, dtype=int)
        assert abs(difference).max() <= 1
    (file,) = translating.translate_files(
        FreeCopy(), [folder / "2.png"], tmp_path / "to", size=24
    )
    assert read(file).shape == (24, 24, 3)
    with pytest.raises(ValueError, match=r"16 x 16 .*Received: size=24"):
        translating.translate_files(Copy(), [folder], tmp_path / "a", size=24)


def test_directions_and_output(files, tmp_path):
    """The second direction does not overwrite the first one's results."""
    zoo.CycleGAN((16, 16, 3), 2, 1, receptive_field=16).save(
        tmp_path / "model.keras"
    )
    for direction in ("a_to_b", "b_to_a"):
        code, out = invoke(
            "translate", tmp_path / "model.keras", files / "in" / "a.png",
            "--output", tmp_path / "to", "--direction", direction,
        )  # fmt: skip
        assert code == 0, out
    names = {p.name for p in (tmp_path / "to").iterdir()}
    assert names == {"a_a_to_b.png", "a_b_to_a.png"}
    assert read(tmp_path / "to" / "a_a_to_b.png").shape == (20, 24, 3)
    code, out = translate(files, files / "in", "--output", files / "in")
    assert code == 2
    assert "another directory" in " ".join(out.split())


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
