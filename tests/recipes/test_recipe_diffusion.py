"""What the card of a diffusion model says, on images of noise."""

import keras
import numpy as np
import tensorflow as tf
from support.harness import random_images, tiny_diffusion

from zoo.recipes import inputs, measures
from zoo.recipes.diffusion import BEST, WAYS, measure
from zoo.recipes.settings import default_settings


def test_measures(monkeypatch):
    def noise(*source, split="train", labelled=False):
        images = random_images(140, seed=len(split))
        values = (images, np.arange(140) % 3) if labelled else images
        return tf.data.Dataset.from_tensor_slices(values).batch(5)

    monkeypatch.setattr(inputs, "all_images", noise)
    monkeypatch.setattr(measures, "all_images", noise)
    keras.utils.set_random_seed(0)
    settings = default_settings("diffusion", features="fashion_mnist")
    model = tiny_diffusion(prediction="x0")
    random = np.random.default_rng(0)  # Initial weights make nearly nothing.
    model.set_weights(
        [w + random.normal(0, 0.3, w.shape) for w in model.get_weights()]
    )
    monkeypatch.setattr(measures, "COMPARED", 130)
    found = measure(model, settings, 140)
    for metric in ("fd", "is", "agreement"):
        values = found[f"{metric}_fashion_mnist_140"]
        assert values | BEST == values
        table = found[f"{metric}_fashion_mnist_130"]
        assert set(table) == {"value", *WAYS}
        assert table["value"] == table["ddim_50_steps"]
    distances = found["fd_fashion_mnist_130"]
    assert len({distances[name] for name in WAYS}) == len(WAYS)
    images, labels = random_images(140, seed=len("test"))[:5], [0, 1, 2, 0, 1]
    noise = model.invert(images, steps=50, labels=labels)
    back = model.generate_from(noise, steps=50, labels=labels)
    error = found["inversion_error_5"]
    np.testing.assert_allclose(error["value"], abs(back - images).mean(), 1e-4)
    assert error["steps"] == 50


def test_nothing_is_measured_without_features():
    settings = default_settings("diffusion", features="none")
    assert measure(tiny_diffusion(), settings, 20) == {}
