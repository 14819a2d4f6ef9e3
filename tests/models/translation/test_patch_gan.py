"""PatchGAN: its size, what each logit sees, its options, its errors."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo import backend
from zoo.models.translation.patch_gan import build_patch_gan

IMAGE = (256, 256, 3)


def size_of(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_parameters_of_the_conditional_one():
    """Counted from shapes: the weights themselves are never drawn."""
    with keras.StatelessScope():
        network = build_patch_gan(IMAGE, IMAGE)
    assert size_of(network) == 2_768_705
    assert network.input_shape == [(None, *IMAGE)] * 2
    assert network.output_shape == (None, 30, 30, 1)


def test_parameters_of_cyclegans():
    with keras.StatelessScope():
        network = build_patch_gan(IMAGE, normalization="instance")
    assert size_of(network) == 2_764_737
    assert network.input_shape == (None, *IMAGE)


@pytest.mark.parametrize("field", [16, 34, 70, 142, 286])
def test_receptive_field_of_the_layers(field):
    """Each layer widens it by kernel - 1 steps of the strides before it."""
    with keras.StatelessScope():
        network = build_patch_gan(
            (320, 320, 1), filters=1, receptive_field=field
        )
    seen, step = 1, 1
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            seen += (layer.kernel_size[0] - 1) * step
            step *= layer.strides[0]
    assert seen == field


def test_receptive_field_of_a_logit():
    """The middle one's gradient is a square of so many pixels."""
    network = build_patch_gan(
        (32, 32, 1), filters=1, receptive_field=16, normalization="none"
    )
    network.set_weights(
        [np.full(w.shape, 0.1, "float32") for w in network.get_weights()]
    )
    gradient = backend.input_gradient(
        lambda x: network(x)[:, 7, 7, 0], ops.ones((1, 32, 32, 1))
    )
    seen = ops.convert_to_numpy(gradient)[0, :, :, 0] != 0
    assert seen.any(axis=0).sum() == seen.any(axis=1).sum() == 16


@pytest.mark.parametrize(
    ("normalization", "names"),
    [
        ("batch", {"kernel": 5, "bias": 2, "gamma": 3, "beta": 3}),
        ("instance", {"kernel": 5, "bias": 5}),
        ("none", {"kernel": 5, "bias": 5}),
    ],
)
def test_weights(normalization, names):
    with keras.StatelessScope():
        network = build_patch_gan(
            (32, 32, 1), filters=2, normalization=normalization
        )
    found = [v.name for v in network.trainable_variables]
    assert {name: found.count(name) for name in set(found)} == names


@pytest.mark.parametrize(
    ("shapes", "arguments", "match"),
    [
        ([IMAGE], {"receptive_field": 71}, "`receptive_field`"),
        ([IMAGE], {"normalization": "layer"}, "`normalization`"),
        ([IMAGE], {"filters": 0}, "`filters`"),
        ([(16, 16, 3)], {}, "multiples of 8 from 24"),
        ([(36, 36, 3)], {}, "multiples of 8 from 24"),
        ([IMAGE, (128, 128, 3)], {}, "one height and width"),
        ([], {}, "one height and width"),
    ],
    ids=str,
)
def test_errors(shapes, arguments, match):
    with pytest.raises(ValueError, match=f"{match}.*Received"):
        build_patch_gan(*shapes, **arguments)
