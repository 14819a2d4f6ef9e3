"""The examples, each as a person runs it, on little data."""

import numpy as np
import pytest
from harness import ROOT, run
from PIL import Image

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


def example(name, *arguments):
    """Runs an example; returns what it printed."""
    code, out, err = run(ROOT / "examples" / name, *arguments)
    assert code == 0, err
    return out + err


def test_train_dcgan(folder, tmp_path):
    pictures = tmp_path / "whole"
    pictures.mkdir()
    for file in folder.glob("[0-9]*.jpg"):
        for copy in range(2):
            (pictures / f"{copy}-{file.name}").write_bytes(file.read_bytes())
    arguments = ["--config", "small", "--epochs", 1, "--data", pictures]
    example("train_dcgan.py", *arguments, "--output", tmp_path / "run")
    assert (tmp_path / "run" / "samples.png").is_file()
    assert (tmp_path / "run" / "samples" / "training.gif").is_file()


def test_train_on_your_images(folder, tmp_path):
    out = example(
        "train_on_your_images.py", folder, "--epochs", 1, "--output", tmp_path
    )
    assert "broken.jpg" in out
    assert (tmp_path / "model.keras").is_file()


def test_mode_collapse(tmp_path):
    arguments = ["--config", "small", "--output", tmp_path]
    methods = ["minimax", "WGAN-GP"]
    out = example("mode_collapse.py", *arguments, "--methods", *methods)
    rows = [row.split()[0] for row in out.splitlines() if "%" in row]
    assert rows == methods
    assert (tmp_path / "modes.png").is_file()


def test_diffusion(tmp_path):
    random = np.random.default_rng(0)
    for name in ("shirts", "shoes"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(32):
            pixels = random.integers(0, 256, (32, 32), dtype="uint8")
            file = tmp_path / "data" / name / f"{i}.png"
            Image.fromarray(pixels).save(file)
    arguments = ["--epochs", 1, "--data", tmp_path / "data"]
    out = example("diffusion.py", *arguments, "--output", tmp_path / "run")
    for name in ("samples", "denoising", "blend"):
        assert f"{name}: " in out
        assert (tmp_path / "run" / f"{name}.png").is_file()


def test_train_gan3d(tmp_path):
    shapes = np.zeros((32, 32, 32, 32), bool)
    shapes[:, 8:24, 8:24, 4:28] = True
    np.savez(tmp_path / "shapes.npz", shapes)
    arguments = ["--config", "small", "--epochs", 1, "--passes", 1]
    arguments += ["--data", tmp_path / "shapes.npz"]
    example("train_gan3d.py", *arguments, "--output", tmp_path / "run")
    assert (tmp_path / "run" / "samples" / "turntable.gif").is_file()
    voxels = np.load(tmp_path / "run" / "voxels.npz")["voxels"]
    assert voxels.shape == (16, 32, 32, 32, 1)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_short(path):
    assert len(path.read_text().splitlines()) <= 80
