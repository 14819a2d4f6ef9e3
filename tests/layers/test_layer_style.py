"""Layers of the style-based generator against their formulas in NumPy."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import differences, to_numpy, value_and_gradients

from zoo.layers import (
    AdaptiveInstanceNormalization,
    Blur,
    LearnedConstant,
    NoiseInput,
    PixelNormalization,
    RunningMean,
    adain,
)

RANDOM = np.random.default_rng(0)


def normalized(x, scale, bias):
    """`y_s (x - mean) / std + y_b`, by loops over images and channels."""
    result = np.empty_like(x)
    for i, c in np.ndindex(x.shape[0], x.shape[-1]):
        channel = x[i, :, :, c]
        centred = channel - channel.mean()
        result[i, :, :, c] = scale[i, c] * centred / channel.std() + bias[i, c]
    return result


def test_adain():
    """Not the lectures' misprint, which adds both statistics of the style."""
    x = 3 + 2 * RANDOM.standard_normal((2, 4, 4, 3))
    scale, bias = RANDOM.standard_normal((2, 2, 3))
    value, *gradients = value_and_gradients(
        lambda *inputs: adain(*inputs) ** 3, x, scale, bias
    )
    expected = normalized(x, scale, bias) ** 3
    np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-4)
    inputs = [x, scale, bias]
    for i, gradient in enumerate(gradients):

        def loss(v, i=i):
            return (normalized(*inputs[:i], v, *inputs[i + 1 :]) ** 3).sum()

        expected = differences(loss, inputs[i])
        np.testing.assert_allclose(gradient, expected, rtol=2e-3, atol=2e-3)


def test_adain_of_equal_pixels_is_the_bias():
    x = np.full((1, 4, 4, 2), 5.0)
    value, by_x = value_and_gradients(
        lambda x: adain(x, np.ones((1, 2)), np.full((1, 2), 7.0)), x
    )
    np.testing.assert_allclose(value, 7, atol=1e-4)
    assert np.isfinite(by_x).all()


def test_adain_layer_takes_its_own_style():
    layer = AdaptiveInstanceNormalization(index=1)
    layer.build([(None, 4, 4, 2), (None, 3, 5)])
    x = RANDOM.standard_normal((2, 4, 4, 2))
    styles = RANDOM.standard_normal((2, 3, 5))
    kernel = to_numpy(layer.affine.kernel)
    layer.affine.bias.assign([0.1, 0.2, 0.3, 0.4])
    style = styles[:, 1] @ kernel / np.sqrt(5) + [0.1, 0.2, 0.3, 0.4]
    y = layer([ops.array(v, "float32") for v in (x, styles)])
    expected = normalized(x, 1 + style[:, :2], style[:, 2:])
    np.testing.assert_allclose(to_numpy(y), expected, atol=1e-4)


def test_noise_starts_at_none():
    layer = NoiseInput()
    x = RANDOM.standard_normal((2, 3, 3, 2))
    noise = RANDOM.standard_normal((2, 3, 3, 1))
    inputs = [ops.array(v, "float32") for v in (x, noise)]
    np.testing.assert_allclose(to_numpy(layer(inputs)), x, atol=1e-6)
    layer.strength.assign([0.5, -2.0])
    layer.bias.assign([1.0, 2.0])
    expected = x + noise * [0.5, -2.0] + [1.0, 2.0]
    np.testing.assert_allclose(to_numpy(layer(inputs)), expected, atol=1e-5)


def test_blur():
    """A point becomes the binomial filter; at the border, part of it."""
    x = np.zeros((1, 4, 4, 2))
    x[0, 1, 2, 0] = 16
    x[0, 0, 0, 1] = 16
    y = to_numpy(Blur()(ops.array(x, "float32")))
    point = np.outer([1, 2, 1, 0], [0, 1, 2, 1])
    corner = np.outer([2, 1, 0, 0], [2, 1, 0, 0])
    np.testing.assert_allclose(y[0], np.stack([point, corner], axis=-1))


def test_gradient_of_blur():
    """The filter is symmetric, so that the gradient is a blur as well."""
    x, weights = RANDOM.standard_normal((2, 1, 4, 6, 1))
    _, gradient = value_and_gradients(
        lambda x: Blur()(x) * ops.array(weights, "float32"), x
    )
    expected = to_numpy(Blur()(ops.array(weights, "float32")))
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_pixel_normalization():
    x = RANDOM.standard_normal((3, 4))
    y = to_numpy(PixelNormalization()(ops.array(x, "float32")))
    norms = np.linalg.norm(x, axis=-1, keepdims=True)
    np.testing.assert_allclose(y, 2 * x / norms, rtol=1e-5)


def test_learned_constant():
    layer = LearnedConstant((4, 4, 3))
    y = layer(ops.zeros((2, 5)))
    np.testing.assert_array_equal(to_numpy(y), np.ones((2, 4, 4, 3)))
    assert layer.compute_output_shape((None, 5)) == (None, 4, 4, 3)


def test_running_mean():
    layer = RunningMean(decay=0.9)
    batches = RANDOM.standard_normal((2, 4, 3))
    layer(ops.array(batches[0], "float32"))
    np.testing.assert_array_equal(to_numpy(layer.mean), 0)
    for batch in batches:
        y = layer(ops.array(batch, "float32"), training=True)
        np.testing.assert_allclose(to_numpy(y), batch, atol=1e-6)
    first, second = batches.mean(axis=1)
    expected = 0.9 * 0.1 * first + 0.1 * second
    np.testing.assert_allclose(to_numpy(layer.mean), expected, atol=1e-6)
    with pytest.raises(ValueError, match=r"`decay`.*Received"):
        RunningMean(decay=1)


def test_running_mean_of_classes():
    """A class that a batch lacks keeps its mean."""
    layer = RunningMean(decay=0.9)
    vectors = RANDOM.standard_normal((4, 3))
    for labels in ([0, 0, 2, 0], [2, 2, 2, 2]):
        inputs = [ops.array(x, "float32") for x in (vectors, np.eye(3)[labels])]
        y = layer(inputs, training=True)
        np.testing.assert_allclose(to_numpy(y), vectors, atol=1e-6)
    expected = np.zeros((3, 3))
    expected[0] = 0.1 * vectors[[0, 1, 3]].mean(axis=0)
    expected[2] = 0.09 * vectors[2] + 0.1 * vectors.mean(axis=0)
    np.testing.assert_allclose(to_numpy(layer.mean), expected, atol=1e-6)
    assert layer.compute_output_shape([(None, 3), (None, 5)]) == (None, 3)
