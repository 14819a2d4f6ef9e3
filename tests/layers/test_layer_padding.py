"""Reflection padding, against rows written by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers import ReflectionPadding2D

IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
BY_2 = [
    [9, 8, 7, 8, 9, 8, 7],
    [6, 5, 4, 5, 6, 5, 4],
    [3, 2, 1, 2, 3, 2, 1],
    [6, 5, 4, 5, 6, 5, 4],
    [9, 8, 7, 8, 9, 8, 7],
    [6, 5, 4, 5, 6, 5, 4],
    [3, 2, 1, 2, 3, 2, 1],
]


def test_mirrors_without_repeating_the_border():
    image = np.array(IMAGE, "float32")
    images = np.stack([image, -image], axis=-1)[None]
    layer = ReflectionPadding2D(2)
    padded = ops.convert_to_numpy(layer(ops.array(images)))[0]
    np.testing.assert_array_equal(padded[..., 0], BY_2)
    np.testing.assert_array_equal(padded[..., 1], -np.array(BY_2))
    assert layer.compute_output_shape((None, 3, 3, 2)) == (None, 7, 7, 2)


def test_in_a_model():
    x = inputs = keras.Input((8, 4, 1))
    for padding in (1, 3):
        x = ReflectionPadding2D(padding)(x)
    model = keras.Model(inputs, x)
    assert model.output_shape == (None, 16, 12, 1)
    again = keras.Model.from_config(model.get_config())
    assert again.output_shape == model.output_shape


def test_errors():
    with pytest.raises(ValueError, match=r"`padding`.*Received"):
        ReflectionPadding2D(0)
    with pytest.raises(ValueError, match=r"larger than 3.*Received: 3 x 8"):
        ReflectionPadding2D(3)(keras.Input((3, 8, 1)))
