"""Every model goes to the next of the three backends, goes on there, and back.

The three runs go around the ring.
"""

import keras
import numpy as np
import pytest
from support.harness import NEXT_BACKEND, run
from support.tiny_gan import everything

from .models import (
    TABLE,
    each_model,
    quickly_trained,
    read_state,
    unequal,
    updates,
)


@pytest.fixture(scope="module")
def models():
    """Trained models, by their names."""
    return {entry.name: quickly_trained(entry) for entry in TABLE}


@pytest.fixture(scope="module")
def directory(models, tmp_path_factory):
    """Where a process on the other backend has loaded and trained them."""
    directory = tmp_path_factory.mktemp(NEXT_BACKEND)
    for name, model in models.items():
        (directory / name).mkdir()
        model.save(directory / name / "model.keras")
    code, _, err = run(
        "-m",
        "contract.exchange_worker",
        directory,
        backend=NEXT_BACKEND,
        timeout=1800,
    )
    assert code == 0, err
    return directory


@each_model
def test_the_other_backend_finds_all_state(entry, models, directory):
    found = read_state(directory / entry.name / "found.npz")
    assert unequal(everything(models[entry.name]), found) == []


@each_model
def test_the_other_backend_makes_the_same(entry, models, directory):
    made = np.load(directory / entry.name / "made.npy")
    expected = entry.use(models[entry.name], 2)
    np.testing.assert_allclose(made, expected, atol=2e-5)


@each_model
def test_what_went_on_there_comes_back(entry, models, directory):
    place = directory / entry.name
    model = keras.saving.load_model(place / "after.keras")
    assert unequal(everything(model), read_state(place / "after.npz")) == []
    made = np.load(place / "made_after.npy")
    np.testing.assert_allclose(entry.use(model, 2), made, atol=2e-5)
    before = updates(models[entry.name])
    assert updates(model) == {player: 2 * n for player, n in before.items()}
    assert np.abs(made - np.load(place / "made.npy")).max() > 1e-6
