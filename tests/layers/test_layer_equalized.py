"""Equalized layers against the operations that they stand for, in NumPy."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import differences, to_numpy, value_and_gradients

from zoo.layers import EqualizedConv2D, EqualizedDense

RANDOM = np.random.default_rng(0)


def built(layer, shape):
    """Builds a layer and gives it a bias that is not zero."""
    layer.build(shape)
    layer.bias.assign(RANDOM.standard_normal(layer.bias.shape))
    return layer, to_numpy(layer.kernel), to_numpy(layer.bias)


def convolve(x, kernel):
    """`same` convolution by loops over the kernel's values."""
    reach = kernel.shape[0] // 2
    padded = np.pad(x, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
    height, width = x.shape[1:3]
    return sum(
        padded[:, i : i + height, j : j + width] @ kernel[i, j]
        for i, j in np.ndindex(kernel.shape[:2])
    )


def repeated(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def averaged(x):
    batch, height, width, channels = x.shape
    blocks = x.reshape(batch, height // 2, 2, width // 2, 2, channels)
    return blocks.mean(axis=(2, 4))


def test_dense_scales_kernel_and_bias():
    """Kernel by `gain / sqrt(fan_in) * multiplier`, bias by the multiplier."""
    layer = EqualizedDense(3, gain=1.5, rate_multiplier=0.01)
    layer, kernel, bias = built(layer, (None, 4))
    x = RANDOM.standard_normal((2, 4))
    value, by_kernel, by_bias, _ = value_and_gradients(
        layer, x, variables=[layer.kernel, layer.bias]
    )
    expected = 0.01 * (1.5 / np.sqrt(4) * x @ kernel + bias)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)
    of_kernel = np.broadcast_to(x.sum(axis=0)[:, None], (4, 3))
    np.testing.assert_allclose(by_kernel, 0.0075 * of_kernel, rtol=1e-4)
    np.testing.assert_allclose(by_bias, 0.01 * 2, rtol=1e-5)


def test_kernels_are_drawn_with_the_multiplier_taken_out():
    layer = EqualizedDense(200, rate_multiplier=0.1)
    layer.build((None, 200))
    kernel = to_numpy(layer.kernel)
    assert kernel.std() == pytest.approx(10, rel=0.02)
    used = to_numpy(layer.scaled_kernel())
    assert used.std() == pytest.approx(np.sqrt(2 / 200), rel=0.02)


@pytest.mark.parametrize("size", [1, 3])
def test_convolution(size):
    layer = EqualizedConv2D(2, kernel_size=size)
    layer, kernel, bias = built(layer, (None, 4, 4, 3))
    x = RANDOM.standard_normal((2, 4, 4, 3))
    kernel = kernel * np.sqrt(2 / (3 * size**2))
    y = to_numpy(layer(ops.array(x, "float32")))
    np.testing.assert_allclose(y, convolve(x, kernel) + bias, atol=1e-5)


RESAMPLED = {
    "up": lambda x, kernel: convolve(repeated(x), kernel),
    "down": lambda x, kernel: averaged(convolve(x, kernel)),
}


@pytest.mark.parametrize("resample", RESAMPLED)
def test_resampling_convolution(resample):
    """One strided convolution has the value and gradients of the two steps."""
    layer = EqualizedConv2D(2, resample=resample)
    layer, kernel, bias = built(layer, (None, 4, 4, 2))
    x = RANDOM.standard_normal((2, 4, 4, 2))
    scale = 1 / 3  # sqrt(2) / sqrt(3 * 3 * 2)

    def plain(x, kernel):
        return RESAMPLED[resample](x, kernel * scale) + bias

    value, by_kernel, by_x = value_and_gradients(
        lambda x: layer(x) ** 2, x, variables=[layer.kernel]
    )
    np.testing.assert_allclose(value, plain(x, kernel) ** 2, atol=1e-4)
    expected = differences(lambda k: (plain(x, k) ** 2).sum(), kernel)
    np.testing.assert_allclose(by_kernel, expected, rtol=1e-3, atol=1e-3)
    expected = differences(lambda x: (plain(x, kernel) ** 2).sum(), x)
    np.testing.assert_allclose(by_x, expected, rtol=1e-3, atol=1e-3)
    assert layer.compute_output_shape((None, 4, 4, 2))[1:] == value.shape[1:]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"units": 0}, "units"),
        ({"units": 2, "kernel_size": 2}, "kernel_size"),
        ({"units": 2, "kernel_size": 5, "resample": "up"}, "kernel_size"),
        ({"units": 2, "resample": "sideways"}, "resample"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        EqualizedConv2D(**arguments)
