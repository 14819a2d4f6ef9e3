"""Samples that are drawn to be measured."""

import numpy as np
import pytest

from zoo.metrics.drawing import draw_samples

pytestmark = pytest.mark.backend_free


class Model:
    """Makes images that hold their labels, and notes its arguments."""

    num_classes = 2

    def __init__(self):
        self.told = []

    def generate(self, count, seed, batch_size, labels=None, **more):
        self.told.append({"seed": seed, "batch_size": batch_size} | more)
        values = np.zeros(count) if labels is None else labels
        return np.broadcast_to(values[:, None, None, None], (count, 4, 4, 1))


def test_all_classes_in_turn_in_chunks():
    (first, asked), (second, rest) = draw_samples(Model(), 1001, seed=0)
    assert (len(first), len(second)) == (1000, 1)
    np.testing.assert_array_equal(first[:, 0, 0, 0], asked)
    labels = np.concatenate([asked, rest])
    assert labels.tolist() == (np.arange(1001) % 2).tolist()


def test_seeds_and_arguments():
    def told(count, seed, **generate):
        model = Model()
        list(draw_samples(model, count, seed, **generate))
        return model.told

    first = told(1500, 0, batch_size=9, temperature=0.5)
    assert [call["temperature"] for call in first] == [0.5, 0.5]
    assert [call["batch_size"] for call in first] == [9, 9]
    seeds = [call["seed"] for call in first]
    assert len(set(seeds)) == 2
    assert [call["seed"] for call in told(1500, 0)] == seeds
    assert not {call["seed"] for call in told(1500, 1)} & set(seeds)


def test_models_without_labels():
    model = Model()
    model.num_classes = None
    (images,) = draw_samples(model, 3, seed=0)
    assert images.shape == (3, 4, 4, 1)


def test_models_that_translate_draw_no_samples():
    with pytest.raises(ValueError, match=r"with `generate`.*Received: object"):
        next(draw_samples(object(), 2, seed=0))
