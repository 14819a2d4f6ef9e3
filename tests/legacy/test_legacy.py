"""Models that an earlier version saved load, go on, and make the same.

Each `.keras` file was written by version 0.1 on TensorFlow, before models had
a folder for each family, after two steps of training; beside it are images
that the model made then, by the arguments below.
"""

import pathlib

import keras
import numpy as np
import pytest

import zoo  # noqa: F401

FILES = pathlib.Path(__file__).parent
RAMP = np.linspace(-1, 1, 512, dtype="float32").reshape(2, 16, 16, 1)
SMALL = np.linspace(-1, 1, 128, dtype="float32").reshape(2, 8, 8, 1)

USES = {
    "dcgan": lambda m: m.generate(2, seed=0),
    "conditional_gan": lambda m: m.generate(2, seed=0, labels=[0, 2]),
    "wgan_gp": lambda m: m.generate(2, seed=0, labels=1),
    "stylegan": lambda m: m.generate(2, seed=0, truncation_psi=0.7),
    "gan3d": lambda m: m.generate(2, seed=0),
    "pix2pix": lambda m: m.translate(RAMP, seed=0),
    "cyclegan": lambda m: m.translate(RAMP),
    "srresnet": lambda m: m.upscale(SMALL),
    "srgan": lambda m: m.upscale(SMALL),
    "diffusion": lambda m: m.generate(
        2, seed=0, steps=4, labels=1, guidance=2.0
    ),
}


@pytest.mark.parametrize("name", USES)
def test_file_of_before_makes_the_same_and_keeps_its_optimizers(name):
    model = keras.saving.load_model(FILES / f"{name}.keras")
    with np.load(FILES / f"{name}.npz") as expected:
        np.testing.assert_allclose(
            USES[name](model), expected["made"], atol=1e-3
        )
    # Two steps of training, of several updates each for some players.
    updates = [
        int(keras.ops.convert_to_numpy(member.iterations))
        for member in model.optimizer.members.values()
    ]
    assert min(updates) == 2
