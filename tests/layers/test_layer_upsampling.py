"""Bilinear upsampling, by Pillow."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from zoo.layers import BilinearUpsampling


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


def test_config():
    layer = BilinearUpsampling(3, name="enlarge")
    assert BilinearUpsampling.from_config(layer.get_config()).factor == 3


def test_factor_must_be_a_positive_integer():
    with pytest.raises(ValueError, match="factor"):
        BilinearUpsampling(0)
