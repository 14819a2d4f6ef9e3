"""Minus the squared error, one value for each pair of images."""

import numpy as np
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import MinusSquaredError


def test_mean_of_each_image():
    x = ops.zeros((2, 2, 2, 1))
    y = np.array([[1, 1, 1, 1], [0, 0, 0, 4]], "float32")
    made = MinusSquaredError()([x, ops.array(y.reshape(2, 2, 2, 1))])
    np.testing.assert_array_equal(to_numpy(made), [[-1], [-4]])
