import shutil

import keras
import pytest
from support.harness import random_images, tiny_dcgan

from zoo.registry import catalog


@pytest.fixture(scope="session")
def trained():
    """Returns a tiny DCGAN after a few steps, so that averages differ."""
    keras.utils.set_random_seed(3)
    model = tiny_dcgan()
    model.fit(random_images(32), batch_size=8, verbose=0)
    return model


@pytest.fixture(scope="session")
def saved(trained, tmp_path_factory):
    """Returns a preset's directory, not to be changed."""
    return trained.save_to_preset(
        tmp_path_factory.mktemp("presets") / "tiny",
        description="A tiny model.",
        data={"name": "noise", "licence": "MIT"},
        metrics={"fd_noise_16": {"value": 1.5, "floor": 0.5}},
        samples=8,
    )


@pytest.fixture
def preset(saved, tmp_path):
    """Returns a copy of the preset that a test may damage."""
    return shutil.copytree(saved, tmp_path / "tiny")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Makes `KERAS_HOME` a new directory and returns it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Lets a test register presets for itself alone."""
    monkeypatch.setattr(catalog, "_entries", {})
