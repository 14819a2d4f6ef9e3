"""Pixel shuffle, by PyTorch's formula of its channels.

PyTorch's own is in the golden values of SRGAN.
"""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers import PixelShuffle


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_pytorchs_order_of_channels(factor):
    depth = 2
    shape = (2, 3, 4, depth * factor**2)
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    y = ops.convert_to_numpy(PixelShuffle(factor)(x))
    assert y.shape == (2, 3 * factor, 4 * factor, depth)
    for row, column, channel in np.ndindex(y.shape[1:]):
        i, j = row % factor, column % factor
        source = channel * factor**2 + i * factor + j
        expected = x[:, row // factor, column // factor, source]
        np.testing.assert_array_equal(y[:, row, column, channel], expected)


def test_images_of_any_size():
    images = keras.Input((None, None, 8))
    assert PixelShuffle(2)(images).shape == (None, None, None, 2)
    assert PixelShuffle(2).compute_output_shape((1, 2, None, 8))[1:] == (
        4,
        None,
        2,
    )


def test_config():
    layer = PixelShuffle(3, name="shuffle")
    assert PixelShuffle.from_config(layer.get_config()).factor == 3


@pytest.mark.parametrize("factor", [0, 1.5, "2"])
def test_bad_factors(factor):
    with pytest.raises(ValueError, match=r"`factor`.*Received"):
        PixelShuffle(factor)


def test_channels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"multiple of 4.*channels=6"):
        PixelShuffle(2)(np.zeros((1, 2, 2, 6), "float32"))
