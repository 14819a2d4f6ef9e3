"""A model saved on one backend goes on on another."""

import keras
import numpy as np
import pytest
from harness import OTHER_BACKENDS, ROOT, random_images, run, state_of


@pytest.mark.parametrize("other", OTHER_BACKENDS)
def test_model_of_another_backend(other, tmp_path):
    code, _, err = run(
        ROOT / "tests" / "exchange_worker.py", tmp_path, backend=other
    )
    assert code == 0, err
    expected = dict(np.load(tmp_path / "expected.npz"))

    model = keras.saving.load_model(tmp_path / "model.keras")
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

    model = keras.saving.load_model(tmp_path / "diffusion.keras")
    images = model.generate(3, seed=3, steps=5, eta=1.0, guidance=2.0)
    np.testing.assert_allclose(
        images, np.load(tmp_path / "diffusion.npy"), atol=1e-4
    )
