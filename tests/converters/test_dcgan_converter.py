"""The DCGAN of PyTorch's examples against what it is converted to."""

import itertools

import keras
import numpy as np
import pytest
from support.pytorch_files import write_state_dict
from support.safetensors_files import write_safetensors

from zoo.converters import CheckpointError, convert_pytorch_dcgan
from zoo.converters.registry import CONVERTERS, convert, register_converter


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def widths(size, filters):
    count = {16: 2, 32: 3, 64: 4, 128: 5}[size]
    return [filters * min(2**i, 8) for i in range(count)]


def generator(torch, size, latent_dim=5, filters=2, channels=3):
    """`netG` of the example, with a layer more or less for other sizes."""
    nn = torch.nn

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            wide = widths(size, filters)[::-1]
            modules = [
                nn.ConvTranspose2d(latent_dim, wide[0], 4, 1, 0, bias=False)
            ]
            for before, after in zip(wide, [*wide[1:], channels], strict=True):
                modules += [nn.BatchNorm2d(before), nn.ReLU(True)]
                modules += [
                    nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
                ]
            self.main = nn.Sequential(*modules, nn.Tanh())

        def forward(self, latents):
            return self.main(latents)

    return drawn(torch, Generator())


def discriminator(torch, size, filters=2, channels=3):
    """`netD` of the example, without the sigmoid: its logits."""
    nn = torch.nn

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            wide = widths(size, filters)
            modules = [nn.Conv2d(channels, wide[0], 4, 2, 1, bias=False)]
            modules += [nn.LeakyReLU(0.2, inplace=True)]
            for before, after in itertools.pairwise(wide):
                modules += [nn.Conv2d(before, after, 4, 2, 1, bias=False)]
                modules += [
                    nn.BatchNorm2d(after),
                    nn.LeakyReLU(0.2, inplace=True),
                ]
            modules += [nn.Conv2d(wide[-1], 1, 4, 1, 0, bias=False)]
            self.main = nn.Sequential(*modules)

        def forward(self, images):
            return self.main(images).flatten(1)

    return drawn(torch, Discriminator())


def drawn(torch, network):
    """Draws weights and batch statistics, so that layers keep the scale."""
    rng = np.random.default_rng(0)
    for name, value in network.state_dict().items():
        shape = tuple(value.shape)
        if name.endswith("num_batches_tracked"):
            draw = np.array(7)
        elif name.endswith("running_var"):
            draw = rng.uniform(0.5, 2, shape)
        elif value.ndim == 4:
            draw = rng.normal(0, 0.3, shape)
        else:
            draw = rng.normal(0.5, 0.3, shape)
        value.copy_(torch.from_numpy(np.asarray(draw)))
    return network.eval()


def state(network):
    return {k: v.numpy() for k, v in network.state_dict().items()}


def outputs(torch, network, inputs):
    with torch.no_grad():
        return network(torch.from_numpy(inputs)).numpy()


@pytest.mark.parametrize(
    ("size", "channels", "kind"),
    [(64, 3, "zip"), (32, 1, "safetensors"), (16, 4, "legacy")],
)
def test_gives_the_outputs_of_pytorch(torch, tmp_path, size, channels, kind):
    net_g = generator(torch, size, channels=channels)
    net_d = discriminator(torch, size, channels=channels)
    paths = tmp_path / "netG", tmp_path / "netD"
    for network, path in zip((net_g, net_d), paths, strict=True):
        if kind == "safetensors":
            write_safetensors(path, state(network))
        else:
            options = {"_use_new_zipfile_serialization": kind == "zip"}
            torch.save(network.state_dict(), path, **options)

    model, report = convert("pytorch-dcgan", paths)
    assert model.image_shape == (size, size, channels)
    assert (model.latent_dim, model.filters) == (5, 2)
    assert report.fits
    assert report.untouched == ()
    convolutions, norms = (size.bit_length() - 2) * 2, size.bit_length() * 2 - 7
    assert len(report.matched) == convolutions + 4 * norms
    assert len(report.ignored) == norms

    rng = np.random.default_rng(1)
    latents = rng.normal(size=(3, 5)).astype("float32")
    images = rng.uniform(-1, 1, (3, channels, size, size)).astype("float32")
    generated = outputs(torch, net_g, latents[:, :, None, None])
    assert generated.std() > 0.1
    np.testing.assert_allclose(
        model.predict(latents, verbose=0),
        generated.transpose(0, 2, 3, 1),
        atol=1e-5,
    )
    logits = outputs(torch, net_d, images)
    assert np.abs(logits).max() > 0.1
    received = model.discriminator.predict(
        images.transpose(0, 2, 3, 1), verbose=0
    )
    np.testing.assert_allclose(received, logits, rtol=1e-5, atol=1e-5)


@pytest.fixture
def net_g(torch):
    return state(generator(torch, 16))


@pytest.fixture
def net_d(torch):
    return state(discriminator(torch, 16))


def written(path, tensors, prefix=""):
    write_state_dict(path, {f"{prefix}{k}": v for k, v in tensors.items()})
    return path


def test_the_generator_alone(tmp_path, net_g):
    path = written(tmp_path / "netG.pth", net_g, prefix="module.")
    model, report = convert_pytorch_dcgan(path)
    assert report.fits
    assert report.untouched == ("discriminator",)
    assert (
        str(report) == "11 tensors fit, 2 ignored\n  untouched: discriminator"
        "\n  taken from: 'module'"
    )
    kernel = keras.ops.convert_to_numpy(model.generator.layers[-2].kernel)
    expected = net_g["main.6.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(kernel, expected)


WRAPPED = {
    "both networks": (["netG_state_dict.", "netD_state_dict."], [0, 1]),
    "module": (["generator.module.", "optimizer.state."], [0]),
    "averaged": (["params.", "params_ema."], [1]),
    "g_ema": (["g.", "g_ema.", "d."], [1]),
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_state_dicts_in_others(tmp_path, net_g, net_d, kind):
    """Each network is found by its kernels, and an average preferred."""
    prefixes, _ = WRAPPED[kind]
    held = {"epoch": np.zeros(1)}
    for prefix in prefixes:
        network = net_d if prefix in ("netD_state_dict.", "d.") else net_g
        if prefix == "optimizer.state.":
            network = {"0.step": np.zeros(1)}
        scale = 2 if "ema" in prefix else 1
        held |= {f"{prefix}{k}": scale * x for k, x in network.items()}
    path = written(tmp_path / "all.pth", held)
    model, report = convert_pytorch_dcgan(path)
    chosen = prefixes[WRAPPED[kind][1][0]]
    assert report.fits
    assert report.taken_from == (repr(chosen[:-1]),)
    kernel = keras.ops.convert_to_numpy(model.generator.layers[-2].kernel)
    expected = net_g["main.6.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(kernel, (1 + ("ema" in chosen)) * expected)
    if kind == "both networks":
        _, report = convert_pytorch_dcgan(path, path)
        assert report.taken_from == ("'netG_state_dict'", "'netD_state_dict'")


def test_one_of_several_is_not_guessed(tmp_path, net_g):
    held = {f"{p}.{k}": x for p in ("one", "two") for k, x in net_g.items()}
    path = written(tmp_path / "all.pth", held)
    with pytest.raises(CheckpointError, match=r"one that is.*Received: .*one"):
        convert_pytorch_dcgan(path)


CHANGES = {
    "missing": ({"main.1.running_var": None}, "missing: 'netG.main.1.runn"),
    "left over": (
        {"main.9.bias": np.zeros(1)},
        "left over: 'netG.main.9.bias'",
    ),
    "bias": ({"main.0.bias": np.zeros(4)}, "left over: 'netG.main.0.bias'"),
    "norm": (
        {"main.1.weight": np.zeros(3, "float32")},
        r"has gamma \(4,\), .* for 'netG.main.1.weight' \(3,\)",
    ),
    "types": (
        {"main.1.weight": np.zeros(4, "int32")},
        "wrong types: 'netG.main.1.weight' of int32",
    ),
    "nan": (
        {"main.1.weight": np.full(4, np.nan, "float32")},
        "not finite: 'netG.main.1.weight'",
    ),
    "kernels": (
        {"main.3.weight": np.zeros((4, 2, 5, 5), "float32")},
        r"kernels of 4x4.*Received: .*\(4, 2, 5, 5\)",
    ),
    "widths": (
        {"main.0.weight": np.zeros((5, 6, 4, 4), "float32")},
        r"widths that double.*\(5, 4, 4, 4\).*2 filters. .*\(5, 6, 4, 4\)",
    ),
    "channels": (
        {"main.6.weight": np.zeros((2, 5, 4, 4), "float32")},
        "1 to 4 image channels",
    ),
    "empty": (
        {"main.0.weight": np.zeros((0, 4, 4, 4), "float32")},
        r"Received: \[\(0, 4, 4, 4\)",
    ),
    "no kernel": ({"main.3.weight": None}, r"Received: kernels at \[0, 6\]"),
    "too few": (
        {"main.6.weight": None},
        r"3 to 7 kernels.*Received: kernels at \[0, 3\]",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_other_generators(tmp_path, net_g, kind):
    changes, message = CHANGES[kind]
    tensors = {k: v for k, v in (net_g | changes).items() if v is not None}
    path = written(tmp_path / "netG.pth", tensors)
    with pytest.raises(CheckpointError, match=f"(?s){message}.*"):
        convert_pytorch_dcgan(path)


def test_other_discriminators(tmp_path, torch, net_g, net_d):
    first = written(tmp_path / "netG.pth", net_g)
    second = tmp_path / "netD.pth"
    cases = {
        r"missing: 'netD\.main\.3\.bias'": {
            k: v for k, v in net_d.items() if k != "main.3.bias"
        },
        r"one `filters`.*2 filters.*3 filters": state(
            discriminator(torch, 16, filters=3)
        ),
        r"16 pixels.*32 pixels": state(discriminator(torch, 32)),
        r"3 channels.*1 channels": state(discriminator(torch, 16, channels=1)),
        r"netG comes before netD.*\[0, 3, 6\].*netD\.pth": net_g,
    }
    for message, tensors in cases.items():
        written(second, tensors)
        with pytest.raises(CheckpointError, match=f"(?s){message}"):
            convert_pytorch_dcgan(first, second)
    with pytest.raises(CheckpointError, match=r"\[0, 2, 5\].*netD\.pth"):
        convert_pytorch_dcgan(written(second, net_d))


def test_shapes_can_not_ask_for_memory(tmp_path, net_g):
    """10 million filters in a tensor of one element each, kernels of 1."""
    kernel = np.zeros((1, 10**7, 1, 1), "float16")
    changes = {"main.3.weight": kernel}
    path = written(tmp_path / "netG.pth", net_g | changes)
    with pytest.raises(CheckpointError, match="kernels of 4x4"):
        convert_pytorch_dcgan(path)


# The registry


def test_names(tmp_path):
    with pytest.raises(ValueError, match=r"Did you mean 'pytorch-dcgan'\?"):
        convert("pytorch_dcgan", [])
    with pytest.raises(ValueError, match=r"Received: 'xxx'"):
        convert("xxx", [])
    with pytest.raises(ValueError, match="has that name"):
        register_converter("pytorch-dcgan", convert, "", ("x",))
    for count in (0, 3):
        with pytest.raises(ValueError, match=r"netG \[netD\].*: \d files"):
            convert("pytorch-dcgan", ["x"] * count)
    with pytest.raises(FileNotFoundError):
        convert("pytorch-dcgan", [tmp_path / "none"])


def test_a_registered_converter_gets_the_paths(monkeypatch):
    monkeypatch.setattr("zoo.converters.registry.CONVERTERS", dict(CONVERTERS))
    register_converter("reversed", lambda *x: x[::-1], "", ("a", "b", "[c]"))
    assert convert("reversed", ["1", "2"]) == ("2", "1")
