"""What the card of a DCGAN says, on images of noise."""

import tensorflow as tf
from support.harness import random_images, tiny_dcgan

from zoo.commands import evaluating
from zoo.recipes import measures
from zoo.recipes.dcgan import WAYS
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings


def test_measures_temperatures(monkeypatch):
    def noise(*source, split="train", labelled=False):
        return tf.data.Dataset.from_tensor_slices(random_images(140)).batch(5)

    monkeypatch.setattr(evaluating, "all_images", noise)
    monkeypatch.setattr(measures, "all_images", noise)
    monkeypatch.setattr(measures, "COMPARED", 130)
    settings = default_settings("dcgan_fashion_mnist")
    measure = get_recipe("dcgan_fashion_mnist").measure
    model = tiny_dcgan()
    model.set_weights([10 * w for w in model.get_weights()])
    found = measure(model, settings, 140)
    for metric in ("fd", "is"):
        assert "temperature" not in found[f"{metric}_fashion_mnist_140"]
        table = found[f"{metric}_fashion_mnist_130"]
        assert set(table) == {"value", *WAYS}
        assert table["value"] == table["temperature_0.9"]
        assert len(set(table.values())) == len(WAYS)
    settings = default_settings("dcgan_fashion_mnist", features="none")
    assert measure(model, settings, 140) == {}
