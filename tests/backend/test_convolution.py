"""Convolutions and batch normalization against Keras' own, with gradients."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from zoo import backend
from zoo import layers as zoo_layers

PAIRS = [
    (zoo_layers.Conv2D, layers.Conv2D),
    (zoo_layers.Conv2DTranspose, layers.Conv2DTranspose),
]
CASES = [
    # filters, kernel, strides, padding, height, width, batch, bias
    (6, 4, 2, "same", 16, 16, 2, False),
    (3, 4, 2, "same", 8, 12, 16, True),
    (70, 4, 2, "same", 4, 4, 3, False),
    (5, 3, 1, "same", 6, 6, 2, True),
    (5, 3, 2, "same", 7, 9, 2, False),
    (4, 5, 3, "valid", 11, 11, 2, False),
    (4, 1, 1, "same", 4, 4, 2, False),
]


VOLUME_PAIRS = [
    (zoo_layers.Conv3D, layers.Conv3D),
    (zoo_layers.Conv3DTranspose, layers.Conv3DTranspose),
]
VOLUME_CASES = [
    # filters, kernel, strides, padding, sizes, batch, channels, bias
    (3, 4, 2, "same", (4, 4, 4), 2, 5, False),
    (2, 4, 2, "same", (12, 8, 10), 2, 5, True),
    (1, 4, 2, "same", (4, 6, 4), 16, 2, False),
    (2, 4, 2, "same", (4, 4, 6), 1, 1, False),
    (2, 3, 1, "same", (4, 3, 5), 2, 2, True),
]


@pytest.mark.parametrize("pair", PAIRS, ids=["conv", "transpose"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_like_keras_with_both_gradients(pair, case):
    *arguments, height, width, batch, bias = case
    compare(pair, arguments, (batch, height, width, 5), bias)


@pytest.mark.parametrize("pair", VOLUME_PAIRS, ids=["conv", "transpose"])
@pytest.mark.parametrize("case", VOLUME_CASES, ids=str)
def test_volumes_like_keras_with_both_gradients(pair, case):
    *arguments, sizes, batch, channels, bias = case
    compare(pair, arguments, (batch, *sizes, channels), bias)


def compare(pair, arguments, shape, bias):
    """Compares outputs and gradients of two layers of the same weights."""
    ours, theirs = (cls(*arguments, use_bias=bias) for cls in pair)
    ours.build(shape)
    theirs.build(shape)
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")

    results = []
    for layer in (ours, theirs):
        recording = backend.record(layer, [layer.kernel], [ops.array(x)])
        y_shape = tuple(recording.outputs.shape)
        cotangent = np.cos(np.arange(np.prod(y_shape))).reshape(y_shape)
        gradients = recording.pullback(ops.array(cotangent, "float32"))
        results.append([recording.outputs, *gradients])
    for one, other in zip(*results, strict=True):
        one, other = map(ops.convert_to_numpy, (one, other))
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=2e-5 * abs(other).max())


@pytest.mark.parametrize("pair", PAIRS, ids=["conv", "transpose"])
def test_second_derivative_like_keras(pair):
    """That of a gradient penalty: `d/dk |d sum(tanh(f(x)))/dx|^2`."""
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype("float32")
    gradients = []
    kernel = None
    for cls in pair:
        layer = cls(6, 4, 2, "same")
        layer.build(x.shape)
        kernel = layer.kernel.numpy() if kernel is None else kernel
        layer.kernel.assign(kernel)

        def penalty(layer=layer):
            slope = backend.input_gradient(
                lambda x: ops.tanh(layer(x)), ops.array(x)
            )
            return ops.sum(slope**2)

        recording = backend.record(penalty, [layer.kernel])
        (gradient,) = recording.pullback(ops.ones(()))
        gradients.append(ops.convert_to_numpy(gradient))
    one, other = gradients
    np.testing.assert_allclose(one, other, atol=1e-4 * abs(other).max())


@pytest.mark.parametrize("sizes", [(5, 6), (3, 2, 5)], ids=str)
def test_batch_normalization_like_keras(sizes):
    x = np.random.default_rng(0).normal(3, 2, (4, *sizes, 3)).astype("float32")
    results = []
    for cls in (zoo_layers.BatchNormalization, layers.BatchNormalization):
        layer = cls(momentum=0.8, epsilon=1e-5)
        layer.build(x.shape)
        layer.gamma.assign([1.0, 2.0, -1.0])
        layer.beta.assign([0.5, 0.0, 1.0])
        state = [layer.moving_mean, layer.moving_variance]
        recording = backend.record(
            lambda x, layer=layer: layer(x, training=True),
            [layer.gamma, layer.beta],
            [ops.array(x)],
            state,
        )
        cotangent = np.cos(np.arange(x.size)).reshape(x.shape)
        gradients = recording.pullback(ops.array(cotangent, "float32"))
        after = layer(ops.array(x), training=False)
        results.append([recording.outputs, *gradients, *state, after])
    for one, other in zip(*results, strict=True):
        one, other = map(ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)


def test_batch_normalization_by_hand():
    x = np.random.default_rng(0).normal(3, 2, (4, 5, 6, 3)).astype("float32")
    layer = zoo_layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    y = ops.convert_to_numpy(layer(ops.array(x), training=True))
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    np.testing.assert_allclose(
        y, (x - mean) / np.sqrt(variance + 1e-5), atol=1e-5
    )
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(
        layer.moving_variance.numpy(), 0.9 + 0.1 * variance, rtol=1e-5
    )


def test_layers_round_trip():
    inputs = keras.Input((8, 8, 3))
    x = zoo_layers.Conv2D(4, 4, 2, "same")(inputs)
    x = zoo_layers.BatchNormalization()(x)
    x = zoo_layers.Conv2DTranspose(3, 4, 2, "same")(x)
    model = keras.Model(inputs, x)
    again = keras.Model.from_config(model.get_config())
    assert [type(layer) for layer in again.layers] == [
        type(layer) for layer in model.layers
    ]
