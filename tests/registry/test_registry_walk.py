"""Every preset of the package: its files, its promises, its pictures."""

import numpy as np
import pytest
from PIL import Image

from zoo.recipes.recipe import RECIPES
from zoo.registry import entries, open_preset
from zoo.registry.saving import parameters_of
from zoo.utils.grids import image_grid

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
    assert metadata.metrics
    for name, metric in metadata.metrics.items():
        assert f"`{name}`" in card
        assert len(metric) > 1  # A value means nothing alone.
        floor = metric.get("floor_of_real_test_images", 0)
        assert 0 <= floor < metric["value"]


def test_training_command_is_one(preset):
    command = preset.metadata.training["command"].split()
    assert command[:2] == ["zoo", "train"]
    assert command[2] in RECIPES


def test_samples_come_out_as_in_the_card(preset, model):
    """The same pictures on every backend, to a few grey levels."""
    samples = preset.metadata.samples
    grid = np.array(Image.open(preset.file("samples.png")), "float64")
    count = 2 * samples["columns"]
    images = model.pictures(samples["count"], samples["seed"], preset.inputs())
    made = image_grid(images[:count], samples["columns"])
    made = np.array(made, "float64")
    difference = np.abs(made - grid[: len(made)])
    assert difference.mean() < 0.2
    assert difference.max() <= 8
    assert made.std() > 20
