"""Every preset of the package: its files, its promises, its pictures."""

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.grids import image_grid
from zoo.registry import entries, open_preset
from zoo.registry.saving import parameters_of

LARGEST = 8_000_000
BUILT_IN = sorted(
    name for name, entry in entries().items() if "presets" in entry.handle
)


def test_there_are_presets():
    assert "dcgan_fashion_mnist" in BUILT_IN


@pytest.fixture(scope="module", params=BUILT_IN)
def preset(request):
    return open_preset(request.param)


@pytest.fixture(scope="module")
def model(preset):
    return preset.load(for_training=preset.trainable)


def test_files_and_size(preset):
    preset.verify()
    assert preset.metadata.size <= LARGEST
    assert {"README.md", "samples.png"} <= set(preset.metadata.files)


def test_parameters(preset, model):
    assert preset.metadata.parameters == parameters_of(model)
    assert preset.metadata.images["shape"] == list(model.image_shape)


def test_card_and_fields(preset):
    metadata = preset.metadata
    card = preset.file("README.md").read_text()
    assert metadata.description in card
    assert len(metadata.description) > 20
    for field in ("name", "licence", "url"):
        assert metadata.data[field] in card
    for field in ("command", "seed", "duration_seconds"):
        assert str(metadata.training[field]) in card
    distances = [name for name in metadata.metrics if name.startswith("fd_")]
    assert distances
    for name in distances:
        metric = metadata.metrics[name]
        assert 0 < metric["floor_of_real_test_images"] < metric["value"]
    for name in metadata.metrics:
        assert f"`{name}`" in card


def test_training_command_is_one(preset):
    command = preset.metadata.training["command"].split()
    assert command[:2] == ["zoo", "train"]
    assert command[2] in zoo.recipes.RECIPES


def test_samples_come_out_as_in_the_card(preset, model):
    """The same pictures on every backend, to a few grey levels."""
    samples = preset.metadata.samples
    grid = np.array(Image.open(preset.file("samples.png")), "float64")
    count = 2 * samples["columns"]
    images = model.generate(count, seed=samples["seed"])
    made = np.array(image_grid(images, samples["columns"]), "float64")
    difference = np.abs(made - grid[: len(made)])
    assert difference.mean() < 0.2
    assert difference.max() <= 8
    assert made.std() > 20
