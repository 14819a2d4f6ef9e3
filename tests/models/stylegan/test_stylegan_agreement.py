"""StyleGAN's step against the same step written in plain PyTorch.

The golden values are float64, made by `tests/golden/make_stylegan.py`, half
way of the growth from 8x8 to 16x16 pixels. Errors are as of
`agreement.error`.
"""

import pathlib

import numpy as np
import pytest
from keras import ops
from support.agreement import RecordingSGD, error

import zoo
from zoo.models.gan.game import Round

GOLDEN = pathlib.Path(__file__).parents[2] / "golden" / "stylegan.npz"
NETWORKS = ("mapping", "synthesis", "discriminator")


class GoldenStyleGAN(zoo.StyleGAN):
    """A StyleGAN that is given its latents and noise."""

    golden = None

    def sample_latents(self, count):
        return ops.convert_to_tensor(self.golden["latents"])

    def draw_noise(self, count):
        names = [f"noise_{size}_{i}" for size in (4, 8, 16) for i in range(2)]
        return [ops.convert_to_tensor(self.golden[name]) for name in names]


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return dict(file)


def named(network):
    """Returns the trainable variables by layer and name."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in network.layers
        for variable in layer.trainable_variables
    }


def values(golden, what, network):
    prefix = f"{what}/{network}/"
    return {
        key.removeprefix(prefix): value
        for key, value in golden.items()
        if key.startswith(prefix)
    }


@pytest.fixture(scope="module")
def model(golden):
    model = GoldenStyleGAN(
        16,
        channels=1,
        latent_dim=6,
        filters=2,
        max_filters=8,
        mapping_layers=2,
        style_mixing=0.0,
        first_resolution=4,
        fade_images=8,
        ema_decay=None,
    )
    model.golden = golden
    for name in NETWORKS:
        variables = named(getattr(model, name))
        initial = values(golden, "initial", name)
        assert variables.keys() == initial.keys()
        for key, value in initial.items():
            variables[key].assign(value)
    model.growth.stage.assign(2)
    model.compile(
        generator_optimizer=RecordingSGD(0.1),
        discriminator_optimizer=RecordingSGD(0.1),
    )
    model.make_train_function()
    return model


@pytest.fixture(scope="module")
def outputs(model, golden):
    """Images and logits at level 1.5, from before the step."""
    model.growth.images.assign(4)
    shown, _ = model.unpack(ops.array(golden["images"]))
    play = Round(shown)
    made = model.synthesize(ops.array(golden["latents"]), play)
    logits = model.judge(shown, play)["logits"]
    model.growth.images.assign(0)
    return {"made": made, "logits": logits}


@pytest.mark.parametrize("name", ["made", "logits"])
def test_outputs(outputs, golden, name):
    assert error(outputs[name], golden[name]) < 1e-5


@pytest.fixture(scope="module")
def logs(model, golden, outputs):
    return model.train_on_batch(golden["images"], return_dict=True)


def test_losses(model, logs, golden):
    losses = [float(logs[name]) for name in model.loss_names]
    np.testing.assert_allclose(losses, golden["losses"], rtol=1e-5)
    assert int(ops.convert_to_numpy(model.growth.images)) == 4


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients(model, logs, golden, name):
    player = "discriminator" if name == "discriminator" else "generator"
    moved = [v.path for v in model.variables_of(player)]
    slots = dict(zip(moved, model.optimizer[player].gradients, strict=True))
    variables = named(getattr(model, name))
    for key, expected in values(golden, "gradient", name).items():
        actual = ops.convert_to_numpy(slots[variables[key].path])
        if np.abs(expected).max() > 1e-12:
            assert error(actual, expected) < 1e-4, key
        else:  # Unused, or a bias that normalization takes out again.
            np.testing.assert_allclose(actual, 0, atol=1e-6, err_msg=key)
