"""Spectral normalization against the singular value decomposition."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from numpy import random
from support.derivatives import differences, to_numpy, value_and_gradients

from zoo import backend
from zoo.layers import Conv2D, Conv2DTranspose, SpectralNormalization

CASES = {
    "dense": (lambda: layers.Dense(5, activation="tanh"), (3, 4)),
    "conv": (lambda: Conv2D(5, 4, 2, "same"), (2, 4, 4, 3)),
    "transpose": (lambda: Conv2DTranspose(5, 4, 2, "same"), (2, 4, 4, 3)),
}


def matrix(kernel, name):
    """One column for each output channel, which a transpose has last but one.

    PyTorch's `spectral_norm` takes the same matrices.
    """
    if name == "transpose":
        kernel = np.moveaxis(kernel, -2, -1)
    return kernel.reshape(-1, kernel.shape[-1])


def norm_of(kernel, name="dense"):
    return np.linalg.svd(matrix(kernel, name), compute_uv=False)[0]


def converged(name):
    """A built layer whose stored vector is the singular vector."""
    make, shape = CASES[name]
    layer = SpectralNormalization(make(), iterations=200)
    layer.build(shape)
    layer.layer.kernel.assign(random.standard_normal(layer.layer.kernel.shape))
    layer.layer.bias.assign(random.standard_normal(layer.layer.bias.shape))
    layer.sigma(training=True)
    layer.iterations = 1
    return layer, random.standard_normal(shape)


@pytest.mark.parametrize("name", CASES)
def test_sigma_is_the_largest_singular_value(name):
    layer, _ = converged(name)
    expected = norm_of(to_numpy(layer.layer.kernel), name)
    for training in (False, True):
        sigma = to_numpy(layer.sigma(training=training))
        np.testing.assert_allclose(sigma, expected, rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_the_divided_kernel(name):
    layer, x = converged(name)
    x = ops.array(x, "float32")
    kernel = to_numpy(layer.layer.kernel)
    plain = CASES[name][0]()
    plain.build(x.shape)
    plain.set_weights([kernel / norm_of(kernel, name), layer.layer.bias])
    for training in (False, True):
        np.testing.assert_allclose(
            to_numpy(layer(x, training=training)), to_numpy(plain(x)), atol=1e-5
        )
    np.testing.assert_array_equal(to_numpy(layer.layer.kernel), kernel)


@pytest.mark.parametrize("name", CASES)
def test_gradient_by_the_kernel(name):
    """The loss is linear in the normalized kernel, with a given gradient."""
    layer, x = converged(name)
    layer.layer.activation = keras.activations.linear
    kernel = to_numpy(layer.layer.kernel)
    y = layer(ops.array(x, "float32"))
    weights = ops.array(random.standard_normal(tuple(y.shape)), "float32")

    _, through, _ = value_and_gradients(
        lambda x: ops.sum(weights * layer(x)), x, variables=[layer.layer.kernel]
    )
    plain = CASES[name][0]()
    plain.build(x.shape)
    plain.activation = keras.activations.linear
    _, by_normalized, _ = value_and_gradients(
        lambda x: ops.sum(weights * plain(x)), x, variables=[plain.kernel]
    )
    expected = differences(
        lambda k: np.sum(by_normalized * k) / norm_of(k, name), kernel
    )
    np.testing.assert_allclose(
        through, expected, atol=2e-5 * abs(expected).max()
    )


def test_gradient_of_a_gradient_penalty():
    """`sum |d tanh(x W / sigma) / dx|^2`, twice differentiated."""
    layer, x = converged("dense")
    kernel, bias = to_numpy(layer.layer.kernel), to_numpy(layer.layer.bias)

    def equation(kernel):
        w = kernel / norm_of(kernel)
        slope = 1 - np.tanh(x @ w + bias) ** 2
        return np.sum((slope @ w.T) ** 2)

    def penalty():
        gradient = backend.input_gradient(
            lambda x: layer(x, training=True),
            ops.array(x, "float32"),
            [layer.u, layer.layer.kernel, layer.layer.bias],
        )
        return ops.sum(gradient**2)

    recording = backend.record(
        penalty, [layer.layer.kernel], state=[layer.u, layer.layer.bias]
    )
    (gradient,) = recording.pullback(ops.ones(()))
    np.testing.assert_allclose(
        float(recording.outputs), equation(kernel), rtol=1e-4
    )
    expected = differences(equation, kernel)
    np.testing.assert_allclose(
        to_numpy(gradient), expected, atol=1e-4 * abs(expected).max()
    )


def test_one_iteration_per_pass_in_training():
    layer = SpectralNormalization(layers.Dense(5))
    x = ops.array(random.standard_normal((3, 4)), "float32")
    layer.build(x.shape)
    u, w = to_numpy(layer.u), to_numpy(layer.layer.kernel)
    layer(x)
    np.testing.assert_array_equal(to_numpy(layer.u), u)
    layer(x, training=True)
    u = w.T @ (w @ u)
    np.testing.assert_allclose(
        to_numpy(layer.u), u / np.linalg.norm(u), atol=1e-6
    )


def test_two_passes_and_an_evaluation_in_one_loss():
    """Each pass moves the vector on; none spoils another's gradient."""
    layer, x = converged("dense")
    variables = [layer.layer.kernel]

    def loss(x):
        outputs = [layer(x, training=t) for t in (False, True, True)]
        return sum(map(ops.sum, outputs))

    _, three, _ = value_and_gradients(loss, x, variables=variables)
    _, once, _ = value_and_gradients(
        lambda x: ops.sum(layer(x)), x, variables=variables
    )
    np.testing.assert_allclose(three, 3 * once, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    """Sigma stays float32, the outputs have the layer's compute dtype."""
    layer = SpectralNormalization(layers.Dense(5, dtype=policy), iterations=200)
    x = random.standard_normal((3, 4))
    y = layer(ops.cast(ops.array(x), policy[6:]), training=True)
    assert keras.backend.standardize_dtype(y.dtype) == policy[6:]
    kernel = to_numpy(layer.layer.kernel)
    np.testing.assert_allclose(
        to_numpy(layer.sigma()), norm_of(kernel), rtol=1e-5
    )
    np.testing.assert_allclose(
        to_numpy(y), x @ kernel / norm_of(kernel), atol=0.03
    )


def test_kernel_of_zeros():
    layer = SpectralNormalization(layers.Dense(2, kernel_initializer="zeros"))
    y = layer(ops.ones((1, 3)), training=True)
    np.testing.assert_array_equal(to_numpy(y), np.zeros((1, 2)))


def test_layer_without_kernel():
    with pytest.raises(ValueError, match=r"with a kernel.*Received: layer="):
        SpectralNormalization(layers.ReLU()).build((1, 3))


def test_iterations_are_checked():
    with pytest.raises(ValueError, match="Received: iterations=0"):
        SpectralNormalization(layers.Dense(2), iterations=0)
