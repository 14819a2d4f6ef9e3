"""All layers in one GAN, in mixed precision: compiled, saved and resumed."""

import keras
import numpy as np
import pytest
from support.derivatives import to_numpy
from support.tricky_gan import SHAPE, TrickyGAN

from zoo.layers import InstanceNoise, ReferenceBatch, SpectralNormalization


def images():
    return (
        np.random.default_rng(0).uniform(-1, 1, (12, *SHAPE)).astype("float32")
    )


def fit(model):
    """One epoch of two steps; returns the means of the loss terms."""
    return model.fit(images(), batch_size=6, shuffle=False, verbose=0).history


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model, what it held before and after an epoch, and a saved copy."""
    keras.utils.set_random_seed(1)
    model = TrickyGAN(dtype="mixed_bfloat16")
    model.compile()
    before = {v.path: to_numpy(v) for v in model.variables}
    logs = fit(model)
    after = {v.path: to_numpy(v) for v in model.variables}
    path = tmp_path_factory.mktemp("tricky") / "model.keras"
    model.save(path)
    return model, before, after, logs, path


def state(values, name):
    return {path: x for path, x in values.items() if path.endswith(name)}


def test_losses_are_finite(trained):
    *_, logs, _ = trained
    assert set(logs) == {"loss", *TrickyGAN.loss_names}
    assert np.isfinite(list(logs.values())).all()


def test_state_after_two_steps(trained):
    """The noise has counted steps, not calls; references have stayed."""
    _, before, after, *_ = trained
    (step,) = state(after, "/step").values()
    assert step == 2
    for path, reference in state(before, "/reference").items():
        np.testing.assert_array_equal(after[path], reference)
    vectors = state(before, "/u")
    assert len(vectors) == 3
    for path, u in vectors.items():
        assert abs(after[path] - u).max() > 1e-3
        np.testing.assert_allclose(np.linalg.norm(after[path]), 1, rtol=1e-5)


def test_weights_move(trained):
    """But for a bias before a normalization, which subtracts it."""
    model, before, after, *_ = trained
    still = [
        v.path
        for v in model.trainable_variables
        if np.array_equal(before[v.path], after[v.path])
    ]
    assert not [path for path in still if not path.endswith("bias")]


def test_goes_on_from_a_file_as_if_it_had_not_stopped(trained):
    model, *_, path = trained
    keras.utils.set_random_seed(99)
    loaded = keras.saving.load_model(path)
    for a, b in zip(model.variables, loaded.variables, strict=True):
        assert a.path.split("/")[-1] == b.path.split("/")[-1]
    expected, got = fit(model), fit(loaded)
    assert got == expected


def test_configs_hold_all_arguments(trained):
    """A layer made of another's config has that config."""
    model, *_ = trained
    networks = (model.generator, model.discriminator)
    own = [
        layer
        for network in networks
        for layer in network.layers
        if type(layer).__module__.startswith("zoo.layers")
    ]
    assert {SpectralNormalization, InstanceNoise, ReferenceBatch} <= {
        type(layer) for layer in own
    }
    for layer in own:
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
