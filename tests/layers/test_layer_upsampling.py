"""Upsampling: bilinear by Pillow, sub-pixel by PyTorch's formula, nearest.

PyTorch's own pixel shuffle is in the golden values of SRGAN.
"""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from support.derivatives import to_numpy, value_and_gradients

from zoo.layers import BilinearUpsampling, NearestUpsampling, PixelShuffle


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8])
def test_pillows_enlargement(factor):
    shape = (2, 5, 7, 2)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")
    y = ops.convert_to_numpy(BilinearUpsampling(factor)(images))
    assert y.shape == (2, 5 * factor, 7 * factor, 2)
    for image, channel in np.ndindex(2, 2):
        plane = Image.fromarray(images[image, :, :, channel])
        size = (7 * factor, 5 * factor)
        expected = np.asarray(plane.resize(size, Image.Resampling.BILINEAR))
        np.testing.assert_allclose(y[image, :, :, channel], expected, atol=1e-6)


def test_one_pixel_fills_its_square():
    y = BilinearUpsampling(3)(np.full((1, 1, 1, 1), 0.5, "float32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(y), np.full_like(y, 0.5))


def test_images_of_any_size_in_a_compiled_model():
    images = keras.Input((None, None, 3))
    model = keras.Model(images, BilinearUpsampling(2)(images))
    assert model.output_shape == (None, None, None, 3)
    for size in ((4, 6), (5, 3)):
        shape = model.predict(np.zeros((2, *size, 3)), verbose=0).shape
        assert shape == (2, 2 * size[0], 2 * size[1], 3)


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


def test_images_of_any_size_are_shuffled():
    images = keras.Input((None, None, 8))
    assert PixelShuffle(2)(images).shape == (None, None, None, 2)
    assert PixelShuffle(2).compute_output_shape((1, 2, None, 8))[1:] == (
        4,
        None,
        2,
    )


@pytest.mark.parametrize("layer", [BilinearUpsampling, PixelShuffle])
def test_factor(layer):
    assert layer.from_config(layer(3).get_config()).factor == 3
    for factor in (0, 1.5, "2"):
        with pytest.raises(ValueError, match=r"`factor`.*Received"):
            layer(factor)


def test_channels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"multiple of 4.*channels=6"):
        PixelShuffle(2)(np.zeros((1, 2, 2, 6), "float32"))


def test_pixels_are_repeated():
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 2))
    x = x.astype("float32")
    expected = x.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(to_numpy(NearestUpsampling()(x)), expected)


def test_gradient_of_a_repeated_pixel_is_the_sum_of_its_copies():
    weights = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    _, gradient = value_and_gradients(
        lambda x: NearestUpsampling()(x) * ops.array(weights),
        np.zeros((1, 2, 2, 1)),
    )
    expected = [
        0 + 1 + 4 + 5,
        2 + 3 + 6 + 7,
        8 + 9 + 12 + 13,
        10 + 11 + 14 + 15,
    ]
    np.testing.assert_array_equal(gradient.ravel(), expected)
