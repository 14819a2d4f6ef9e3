"""The examples, each as a person runs it, on little data."""

import importlib
import sys

import numpy as np
import pytest
from PIL import Image
from support.harness import ROOT, run

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Returns a folder of 40 pictures of 40 pixels, and a broken one."""
    path = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for i in range(40):
        pixels = random.integers(0, 256, (40, 48, 3), dtype="uint8")
        Image.fromarray(pixels).save(path / f"{i}.jpg")
    (path / "broken.jpg").write_bytes(b"\xff\xd8 cut short")
    return path


@pytest.fixture
def example(monkeypatch, capsys):
    """Returns a function that runs an example and returns what it printed.

    In this process, which has imported Keras already.
    """

    def run_main(name, *arguments, model=(), **config):
        """Runs the `small` configuration, with changes to it."""
        monkeypatch.syspath_prepend(ROOT / "examples")
        module = importlib.import_module(name)
        for key, value in config.items():
            monkeypatch.setitem(module.CONFIGS["small"], key, value)
        for key, value in dict(model).items():
            monkeypatch.setitem(module.CONFIGS["small"]["model"], key, value)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        module.main()
        return capsys.readouterr().out

    return run_main


def test_train_dcgan(folder, tmp_path, monkeypatch):
    """In a process of its own, optimized, as a person runs it."""
    monkeypatch.setenv("XLA_FLAGS", "")
    pictures = tmp_path / "whole"
    pictures.mkdir()
    for file in folder.glob("[0-9]*.jpg"):
        for copy in range(2):
            (pictures / f"{copy}-{file.name}").write_bytes(file.read_bytes())
    arguments = ["--config", "small", "--epochs", 1, "--data", pictures]
    arguments += ["--output", tmp_path / "run"]
    code, _, err = run(ROOT / "examples" / "train_dcgan.py", *arguments)
    assert code == 0, err
    assert (tmp_path / "run" / "samples.png").is_file()
    assert (tmp_path / "run" / "samples" / "training.gif").is_file()


def test_train_on_your_images(example, folder, tmp_path):
    arguments = [folder, "--epochs", 1, "--output", tmp_path]
    with pytest.warns(UserWarning, match=r"broken\.jpg"):
        example("train_on_your_images", *arguments, size=16)
    assert (tmp_path / "model.keras").is_file()


@pytest.mark.parametrize("name", ["conditional_gan", "wgan_gp"])
def test_gans_of_labelled_pictures(example, folder, tmp_path, name):
    """Of two classes, in folders of their own."""
    files = sorted(folder.glob("[0-9]*.jpg"))
    for place, part in (("a", files[:20]), ("b", files[20:])):
        (tmp_path / "data" / place).mkdir(parents=True)
        for file in part:
            copy = tmp_path / "data" / place / file.name
            copy.write_bytes(file.read_bytes())
    arguments = ["--epochs", 1, "--data", tmp_path / "data"]
    arguments += ["--output", tmp_path / "run"]
    smaller = {"size": 16, "batch_size": 8, "model": {"filters": 2}}
    example(name, *arguments, **smaller)
    assert (tmp_path / "run" / "model.keras").is_file()
    assert list((tmp_path / "run").glob("*.png"))
    assert (tmp_path / "run" / "samples" / "training.gif").is_file()


def test_mode_collapse(example, tmp_path):
    arguments = ["--config", "small", "--output", tmp_path]
    methods = ["minimax", "WGAN-GP"]
    out = example("mode_collapse", *arguments, "--methods", *methods)
    rows = [row.split()[0] for row in out.splitlines() if "%" in row]
    assert rows == methods
    assert (tmp_path / "modes.png").is_file()


def test_diffusion(example, tmp_path):
    random = np.random.default_rng(0)
    for name in ("shirts", "shoes"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(32):
            pixels = random.integers(0, 256, (32, 32), dtype="uint8")
            file = tmp_path / "data" / name / f"{i}.png"
            Image.fromarray(pixels).save(file)
    arguments = ["--epochs", 1, "--data", tmp_path / "data"]
    arguments += ["--output", tmp_path / "run"]
    smaller = {"patch_size": 4, "channels": 4, "multipliers": (1, 2)}
    out = example("diffusion", *arguments, model=smaller)
    for name in ("samples", "denoising", "inversion", "blend"):
        assert f"{name}: " in out
        assert (tmp_path / "run" / f"{name}.png").is_file()


def test_stylegan(example, folder, tmp_path):
    pictures = tmp_path / "whole"
    pictures.mkdir()
    for file in folder.glob("[0-9]*.jpg"):
        (pictures / file.name).write_bytes(file.read_bytes())
    arguments = ["--config", "small", "--epochs", 1, "--data", pictures]
    smaller = {"size": 16, "model": {"latent_dim": 8, "filters": 4}}
    example("stylegan", *arguments, "--output", tmp_path / "run", **smaller)
    for name in ("samples/epoch-0001", "truncation", "mixing"):
        assert (tmp_path / "run" / f"{name}.png").is_file()


def test_cyclegan(example, folder, tmp_path):
    """The folder's pictures, and four others of another kind."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for file in sorted(folder.glob("[0-9]*.jpg"))[:8]:
        (tmp_path / "a" / file.name).write_bytes(file.read_bytes())
    for i in range(4):
        Image.new("RGB", (36, 36), (60 * i, 0, 90)).save(
            tmp_path / "b" / f"{i}.png"
        )
    arguments = ["--config", "small", "--epochs", 1, "--output", tmp_path]
    domains = [tmp_path / "a", tmp_path / "b"]
    example("cyclegan", *domains, *arguments, model={"filters": 4, "blocks": 1})
    assert (tmp_path / "translated.png").is_file()


def test_train_pix2pix(example, tmp_path):
    random = np.random.default_rng(0)
    for i in range(8):
        pixels = random.integers(0, 256, (32, 64, 3), dtype="uint8")
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    arguments = ["--epochs", 1, "--data", tmp_path]
    arguments += ["--output", tmp_path / "run"]
    smaller = {"filters": 2, "receptive_field": 16}
    example("train_pix2pix", *arguments, size=16, model=smaller)
    assert (tmp_path / "run" / "translated.png").is_file()
    assert (tmp_path / "run" / "model.keras").is_file()


def test_super_resolution(example, folder, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for file in sorted(folder.glob("[0-9]*.jpg"))[:3]:
        (photos / file.name).write_bytes(file.read_bytes())
    arguments = ["--epochs", 1, "--crop-size", 16, "--content", "mse"]
    out = example("super_resolution", photos, *arguments, "--output", tmp_path)
    assert "enlarged.png" in out
    with Image.open(tmp_path / "enlarged.png") as picture:
        assert picture.size == (3 * 48 + 4, 40 + 4)


def test_train_gan3d(example, tmp_path):
    shapes = np.zeros((8, 16, 16, 16), bool)
    shapes[:, 4:12, 4:12, 2:14] = True
    np.savez(tmp_path / "shapes.npz", shapes)
    arguments = ["--epochs", 1, "--passes", 1]
    arguments += ["--data", tmp_path / "shapes.npz"]
    arguments += ["--output", tmp_path / "run"]
    smaller = {"resolution": 16, "batch_size": 8, "model": {"filters": 1}}
    example("train_gan3d", *arguments, **smaller)
    assert (tmp_path / "run" / "samples" / "turntable.gif").is_file()
    voxels = np.load(tmp_path / "run" / "voxels.npz")["voxels"]
    assert voxels.shape == (16, 16, 16, 16, 1)


@pytest.mark.backend_free
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_short_and_run(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 80
    if path.name not in ("point_gan.py", "ring.py"):  # Another's parts.
        assert lines[-2:] == ['if __name__ == "__main__":', "    main()"]
