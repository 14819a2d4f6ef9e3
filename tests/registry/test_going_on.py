"""Presets that are trained further: what is said of opponents they lack."""

import warnings

import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan, tiny_diffusion

import zoo
from zoo.registry import PresetFormatError


def messages_of_fit(model, *data):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.compile()
        model.fit(*data, batch_size=4, verbose=0)
    return [str(x.message) for x in caught if x.category is UserWarning]


def test_what_is_said_is_true_of_the_preset(tmp_path):
    """With and without its opponent: one message, which helps."""
    model = tiny_dcgan()
    whole = model.save_to_preset(tmp_path / "whole", samples=0)
    part = model.save_to_preset(
        tmp_path / "part", samples=0, for_training=False
    )
    images = random_images(4)
    (said,) = messages_of_fit(zoo.DCGAN.from_preset(whole), images)
    assert "for_training=True" in said
    assert (
        messages_of_fit(zoo.DCGAN.from_preset(whole, for_training=True), images)
        == []
    )
    (said,) = messages_of_fit(zoo.DCGAN.from_preset(part), images)
    assert "for_training" not in said
    assert "initial weights" in said
    with pytest.raises(PresetFormatError, match=r"no opponent.*a new one"):
        zoo.DCGAN.from_preset(part, for_training=True)


def test_without_opponents_nothing_is_missing(tmp_path):
    """Of a diffusion model the average is all there need be."""
    path = tiny_diffusion().save_to_preset(
        tmp_path / "part", samples=0, for_training=False
    )
    data = random_images(4), np.arange(4) % 3
    for for_training in (False, True):
        loaded = zoo.Diffusion.from_preset(path, for_training=for_training)
        assert messages_of_fit(loaded, *data) == []
