"""`zoo sample` with latents and meshes, `zoo interpolate` and `zoo mix`."""

import numpy as np
import pytest
from contract.models import MODELS
from PIL import Image, ImageSequence
from support.harness import invoke

from zoo.commands import interpolating
from zoo.commands.interpolating import interpolate, seeds_of
from zoo.utils.films import save_film

NAMES = ("DCGAN", "GAN3D", "StyleGAN", "SRResNet", "ConditionalGAN")


@pytest.fixture(scope="module")
def models():
    return {name: MODELS[name].make() for name in NAMES}


@pytest.fixture
def zoo_of(models, monkeypatch):
    """Runs commands with models by their names."""
    for module in ("models", "interpolating", "mixing"):
        monkeypatch.setattr(
            f"zoo.cli.{module}.load_model", lambda name: models[name]
        )
    return invoke


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


# Latents


@pytest.mark.parametrize("name", ["DCGAN", "ConditionalGAN", "StyleGAN"])
def test_latents_go_out_and_in(name, zoo_of, models, tmp_path):
    file, first, second = (tmp_path / x for x in ("z.npy", "a.png", "b.png"))
    noise = ["--seed", 5] if models[name].draws_noise else []
    code, output = zoo_of(
        "sample", name, "--count", 3, "--seed", 5, "--output", first,
        "--save-latents", file,
    )  # fmt: skip
    assert code == 0, output
    np.testing.assert_array_equal(np.load(file), models[name].latents(3, 5))
    code, output = zoo_of(
        "sample", name, "--latents", file, *noise, "--output", second
    )
    assert (code, "Wrote 3 samples" in output) == (0, True), output
    assert first.read_bytes() == second.read_bytes()


def test_wrong_files_of_latents(zoo_of, tmp_path):
    file, picture = tmp_path / "z.npy", tmp_path / "a.png"

    def refused(*options):
        code, output = zoo_of(
            "sample", *options, "--latents", file, "--output", picture
        )
        assert code == 2, output
        assert not picture.exists()
        return output

    assert "No such file" in refused("DCGAN")
    for array, message in (
        (np.zeros((2, 3)), "(count, 4)"),
        (np.zeros(()), "(count, 4)"),
        (np.full((2, 4), np.nan), "must be finite"),
        (np.array([{"a": 1}], object), "allow_pickle=False"),
    ):
        np.save(file, array, allow_pickle=True)
        assert message in refused("DCGAN")
    np.save(file, np.zeros((2, 4)))
    assert "`count` must be" in refused("DCGAN", "--count", 3)
    assert "`seed` changes" in refused("DCGAN", "--seed", 3)
    assert "`temperature`" in refused("DCGAN", "--set", "temperature=1.0")
    assert "generates from latents" in refused("SRResNet")
    file.write_bytes(file.read_bytes()[:100])
    assert ".npy file of numbers" in refused("DCGAN")
    file.write_text("1, 2, 3, 4")
    assert ".npy file of numbers" in refused("DCGAN")


# Meshes


def test_shapes_become_meshes(zoo_of, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("skimage")
    chosen = ["GAN3D", "--count", 2, "--seed", 0, "--set", "threshold=0.5"]
    code, output = zoo_of("sample", *chosen, "--output", tmp_path / "all.glb")
    assert (code, "all.glb" in output) == (0, True), output
    scene = trimesh.load(tmp_path / "all.glb")
    assert set(scene.geometry) == {"shape_0", "shape_1"}
    apart = ["--separate", tmp_path / "each", "--format", "ply"]
    code, output = zoo_of("sample", *chosen, *apart)
    assert code == 0, output
    files = sorted(x.name for x in (tmp_path / "each").iterdir())
    assert files == ["00000.ply", "00001.ply"]
    code, output = zoo_of("sample", *chosen, *apart)
    assert (code, "numbered shapes" in output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("DCGAN", "--output", "a.glb"), "model of shapes"),
        (("GAN3D", "--separate", "a", "--format", "fbx"), "`format` must be"),
        (("GAN3D", "--format", "glb"), "--format is of --separate"),
    ],
)
def test_wrong_plans(arguments, message, zoo_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output = zoo_of("sample", *arguments)
    assert (code, message in output) == (2, True), output
    assert list(tmp_path.iterdir()) == []


# Films


# imageio leaves pipes to FFmpeg for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_frames_of_a_film(ending, zoo_of, models, tmp_path):
    file = tmp_path / "new" / f"a.{ending}"
    code, output = zoo_of(
        "interpolate", "DCGAN", "0..3..1", "--count", 2, "--fps", 10,
        "--output", file,
    )  # fmt: skip
    assert (code, "Wrote 7 frames" in output) == (0, True), output
    if ending == "mp4":
        imageio = pytest.importorskip("imageio.v2")
        with imageio.get_reader(file) as film:
            frames = [np.asarray(x)[..., 0] for x in film]
            assert film.get_meta_data()["fps"] == 10
    else:
        frames = []
        with Image.open(file) as film:
            for frame in ImageSequence.Iterator(film):
                frames.append(np.asarray(frame.convert("L")))
                assert frame.info["duration"] == 100
    assert len(frames) == 7
    expected = models["DCGAN"].generate(1, seed=3)[0, ..., 0]
    expected = ((expected + 1) * 127.5).repeat(16, axis=0).repeat(16, axis=1)
    tolerance = 12 if ending == "mp4" else 1
    assert np.abs(frames[3].astype("float32") - expected).mean() <= tolerance


def test_frames_share_class_and_noise(models, tmp_path, monkeypatch):
    """A way that stays where it is shows one picture."""
    model, shown = models["StyleGAN"], []
    monkeypatch.setattr(
        interpolating, "save_film", lambda frames, *rest: shown.extend(frames)
    )
    done = interpolate(model, [4, 4], tmp_path / "a.gif", between=1)
    assert done == {"frames": 3, "method": "slerp", "labels": 0}
    first, *others = (np.asarray(x, "float32") for x in shown)
    assert len(others) == 2
    for frame in others:
        np.testing.assert_allclose(frame, first, atol=1)


def test_strips_loops_and_straight_lines(models, tmp_path):
    path = tmp_path / "a.png"
    done = interpolate(models["GAN3D"], [0, 1], path, 2, loop=True)
    assert done == {"frames": 6, "method": "linear"}
    assert size_of(path) == (6 * 100, 100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("DCGAN", "0"), "Expected seeds such as 0..7"),
        (("DCGAN", "0..-1"), "Expected seeds such as 0..7"),
        (("DCGAN", "0..1", "--output", "a.avi"), "ends in one of .gif"),
        (("DCGAN", "0..1", "--method", "cubic"), "`method` must be one of"),
        (("DCGAN", "0..1", "--fps", "0"), "`fps` must be in"),
        (("DCGAN", "0..1", "--set", "seed=1"), "no argument 'seed'"),
        (("SRResNet", "0..1"), "have none. Received: SRResNet"),
    ],
)
def test_wrong_ways(arguments, message, zoo_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output = zoo_of("interpolate", *arguments)
    assert (code, message in output) == (2, True), output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.backend_free
def test_seeds_and_colours(tmp_path):
    assert seeds_of("0..7..3") == [0, 7, 3]
    red, blue = (Image.new("RGB", (5, 3), x) for x in ("#f00000", "#0000f0"))
    save_film([red, blue], tmp_path / "a.gif", 20)
    with Image.open(tmp_path / "a.gif") as film:
        frames = ImageSequence.Iterator(film)
        found = [x.convert("RGB").getpixel((0, 0)) for x in frames]
    np.testing.assert_allclose(found, [(240, 0, 0), (0, 0, 240)], atol=8)


@pytest.mark.backend_free
def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install .*\[video\]"):
        save_film([Image.new("L", (4, 4))], tmp_path / "a.mp4")


# Styles


def test_a_table_of_styles(models):
    """Its middle is `style_mix`, its edges the sources."""
    model = models["StyleGAN"]
    rows, columns = model.latents(2, seed=0), model.latents(3, seed=1)
    classes = {"labels": 1, "other_labels": 2}
    table = model.style_grid(rows, columns, "coarse", seed=0, **classes)
    assert table.shape == (3, 4, 8, 8, 1)
    np.testing.assert_array_equal(table[0, 0], 1)

    def same(latents, label):
        return model.generate(
            latents=latents, labels=label, seed=0, same_noise=True
        )

    np.testing.assert_allclose(table[1:, 0], same(rows, 1), atol=1e-5)
    np.testing.assert_allclose(table[0, 1:], same(columns, 2), atol=1e-5)
    table = model.style_grid(rows, columns, (1, 3), seed=0, **classes)
    mixed = model.style_mix(rows[:1], columns[:1], (1, 3), 0, **classes)
    np.testing.assert_allclose(table[1, 1], mixed[0], atol=1e-5)


def test_mix(zoo_of, tmp_path):
    path = tmp_path / "new" / "a.png"
    sizes = ["--rows", 1, "--columns", 2, "--output", path]
    code, output = zoo_of("mix", "StyleGAN", "--layers", "1,3", *sizes)
    assert (code, "1 x 2 mixtures" in output) == (0, True), output
    assert size_of(path) == (3 * 68, 2 * 68)
    code, output = zoo_of("mix", "StyleGAN", "--layers", "fine", *sizes)
    assert (code, "`layers` must be one of ['coarse']" in output) == (2, True)
    code, output = zoo_of("mix", "DCGAN", *sizes)
    assert (code, "zoo.StyleGAN" in output) == (2, True)
