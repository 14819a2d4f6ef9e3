"""What `zoo train cyclegan` makes of two folders, and how it measures."""

import numpy as np
import pytest
from PIL import Image

from zoo.recipes import cyclegan
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings


@pytest.fixture
def settings(tmp_path):
    """Returns those of nine dark pictures and twelve bright ones."""
    random = np.random.default_rng(0)
    for name, count, low in (("dark", 9, 0), ("bright", 12, 128)):
        (tmp_path / name).mkdir()
        for i in range(count):
            pixels = random.integers(low, low + 128, (20, 20, 3), "uint8")
            Image.fromarray(pixels).save(tmp_path / name / f"{i:02}.png")
    data = f"{tmp_path / 'dark'}, {tmp_path / 'bright'}"
    return default_settings("cyclegan", data=data, size=16)


def test_data_and_pictures_to_look_at(settings):
    inputs = get_recipe("cyclegan").inputs(settings)
    a, b = next(iter(inputs.data))
    assert a.shape == b.shape == (4, 16, 16, 3)
    assert a.numpy().max() < b.numpy().mean()
    assert inputs.arguments == {"image_shape": (16, 16, 3)}
    assert inputs.preview.shape == (9, 16, 16, 3)
    assert inputs.preview.max() < 0.1


class Brighter:
    """Stands for a model: shifts images, and not quite back."""

    def translate(self, images, direction):
        shift = {"a_to_b": 1, "b_to_a": -1}[direction]
        return np.clip(images + shift, -1, 1)

    def cycle(self, images, direction):
        return images + 0.25


@pytest.mark.filterwarnings("ignore:.*samples")
def test_measures_both_ways(settings, monkeypatch):
    def mean_grey(images):
        return images.mean(axis=(1, 2, 3))[:, None] / 127.5

    monkeypatch.setattr(cyclegan, "FEATURES", mean_grey)
    metrics = cyclegan.measure(Brighter(), settings, 9)
    assert list(metrics) == [
        "fd_mean_grey_9_a_to_b",
        "cycle_error_9_a_to_b",
        "fd_mean_grey_9_b_to_a",
        "cycle_error_9_b_to_a",
    ]
    for direction in ("a_to_b", "b_to_a"):
        distance = metrics[f"fd_mean_grey_9_{direction}"]
        assert distance["value"] < 0.01
        assert distance["untranslated"] == pytest.approx(1, rel=0.1)
        assert set(distance) == {"value", "untranslated"}  # No test split.
        error = metrics[f"cycle_error_9_{direction}"]
        assert error["value"] == pytest.approx(0.25)
        # Uniform noise on half of [-1, 1]; bicubic halving is smoother.
        assert 0.1 < error["of_the_mean_image"] < 0.25


@pytest.mark.parametrize("data", ["one", "a,b,c", "a,", ""])
def test_data_are_two_sources(data):
    with pytest.raises(ValueError, match=r"two sources.*Received"):
        cyclegan.domains(data)
