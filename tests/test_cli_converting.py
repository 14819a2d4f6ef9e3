"""`zoo convert` and `zoo export`, as a person uses them."""

import json

import keras
import numpy as np
import pytest
from support.harness import invoke, tiny_dcgan
from support.pytorch_files import write_state_dict

import zoo


def state_dicts():
    """PyTorch's DCGAN example for 16 pixels, grey, one filter, z of 3."""
    rng = np.random.default_rng(0)
    generator = {
        "main.0.weight": (3, 2, 4, 4),
        "main.3.weight": (2, 1, 4, 4),
        "main.6.weight": (1, 1, 4, 4),
    }
    discriminator = {
        "main.0.weight": (1, 1, 4, 4),
        "main.2.weight": (2, 1, 4, 4),
        "main.5.weight": (1, 2, 4, 4),
    }
    for shapes, norms in ((generator, {1: 2, 4: 1}), (discriminator, {3: 2})):
        for i, width in norms.items():
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"main.{i}.{name}"] = (width,)
        draws = {k: rng.uniform(0.2, 1, x) for k, x in shapes.items()}
        yield {k: x.astype("float32") for k, x in draws.items()}


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "netG.pth", tmp_path / "netD.pth"
    for path, tensors in zip(paths, state_dicts(), strict=True):
        write_state_dict(path, tensors)
    return paths


def discriminator_kernel(model):
    return keras.ops.convert_to_numpy(model.discriminator.layers[1].kernel)


def test_convert(files, tmp_path):
    preset = tmp_path / "preset"
    code, output = invoke(
        "convert", "pytorch-dcgan", *files, "--output", preset
    )
    assert code == 0, output
    assert output.startswith("18 tensors fit, 0 ignored Wrote ")
    metadata = json.loads((preset / "metadata.json").read_text())
    source = "converted from pytorch-dcgan (netG.pth, netD.pth)"
    assert metadata["source"] == source
    model = zoo.DCGAN.from_preset(preset, for_training=True)
    _, expected = state_dicts()
    expected = expected["main.0.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(discriminator_kernel(model), expected)
    direct, _ = zoo.converters.convert("pytorch-dcgan", files)
    np.testing.assert_array_equal(
        model.generate(2, seed=0), direct.generate(2, seed=0)
    )


def test_convert_what_generates_alone(files, tmp_path):
    preset = tmp_path / "preset"
    arguments = ["convert", "pytorch-dcgan", files[0], "--output", preset]
    code, output = invoke(*arguments)
    assert code == 0, output
    assert "untouched: discriminator" in output
    assert not (preset / "training.weights.h5").exists()
    assert zoo.DCGAN.from_preset(preset).generate(1).shape == (1, 16, 16, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "pytorch-dcgn", "x"], "Did you mean 'pytorch-dcgan'?"),
        (["convert", "pytorch-dcgan", "none.pth"], "none.pth"),
        (["convert", "pytorch-dcgan", *"abc"], "netG [netD]. Received: 3"),
        (["export", "nowhere", "--format", "keras"], "Expected a preset"),
        (["export", "nowhere", "--format", "h5"], "'savedmodel'"),
    ],
)
def test_wrong_values(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output = invoke(*arguments, "--output", "out.keras")
    assert code == 2
    assert message in output
    assert list(tmp_path.iterdir()) == []


def test_help_says_which_files():
    code, output = invoke("convert", "--help")
    assert code == 0
    assert "pytorch-dcgan: netG [netD]" in output.replace("│ ", "")


def test_wrong_checkpoints(files, tmp_path):
    arguments = ["convert", "pytorch-dcgan", *files[::-1], "--output"]
    code, output = invoke(*arguments, tmp_path / "preset")
    assert (code, "netG comes before netD" in output) == (2, True)
    assert not (tmp_path / "preset").exists()


def test_export(tmp_path):
    model = tiny_dcgan(filters=2)
    model.save(tmp_path / "model.keras")
    target = tmp_path / "new" / "copy.keras"
    arguments = ["--format", "keras", "--output", target]
    code, output = invoke("export", tmp_path, *arguments)
    assert (code, output) == (0, f"Wrote {target}")
    loaded = keras.saving.load_model(target)
    np.testing.assert_array_equal(
        loaded.generate(2, seed=0), model.generate(2, seed=0)
    )
    code, output = invoke("export", target, *arguments)
    assert (code, "--overwrite" in output) == (2, True)
    code, output = invoke("export", target, *arguments, "--overwrite")
    assert code == 0, output
