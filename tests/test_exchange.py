"""A model saved on one backend goes on on another.

The other is the next of the three: the three runs go around.
"""

import keras
import numpy as np
import pytest
from support.harness import (
    NEXT_BACKEND,
    ROOT,
    random_images,
    run,
    state_of,
    tiny_dcgan,
)


@pytest.fixture(scope="module")
def model():
    """Returns a model whose average is not its generator."""
    keras.utils.set_random_seed(3)
    model = tiny_dcgan()
    model.fit(random_images(32), batch_size=8, verbose=0)
    return model


@pytest.fixture(scope="module")
def directory(model, tmp_path_factory):
    """Returns a directory that a process on another backend has worked in."""
    path = tmp_path_factory.mktemp(NEXT_BACKEND)
    model.save_to_preset(path / "preset", samples=0)
    worker = ROOT / "tests" / "support" / "exchange_worker.py"
    code, _, err = run(worker, path, backend=NEXT_BACKEND)
    assert code == 0, err
    return path


def test_another_backend_loads_a_preset(directory, model):
    np.testing.assert_allclose(
        np.load(directory / "of_preset.npy"),
        model.generate(3, seed=2),
        atol=2e-5,
    )


def test_model_of_another_backend(directory):
    expected = dict(np.load(directory / "expected.npz"))

    model = keras.saving.load_model(directory / "model.keras")
    np.testing.assert_allclose(
        model.generate(8, seed=3), expected.pop("images"), atol=1e-5
    )
    for name, value in expected.items():
        player, i = name.rsplit("_", 1)
        variable = model.optimizer[player].variables[int(i)]
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(variable), value
        )

    before = dict(state_of(model))
    model.fit(random_images(64), batch_size=16, verbose=0)
    assert model.optimizer["generator"].iterations.numpy() == 12
    kernel = model.generator.trainable_variables[0]
    moved = keras.ops.convert_to_numpy(kernel) - before[kernel.path]
    assert 0 < abs(moved).max() < 1e-2  # By Adam at 2e-4, not from scratch.


def test_diffusion_of_another_backend(directory):
    model = keras.saving.load_model(directory / "diffusion.keras")
    images = model.generate(3, seed=3, steps=5, eta=1.0, guidance=2.0)
    np.testing.assert_allclose(
        images, np.load(directory / "diffusion.npy"), atol=1e-4
    )
