"""Reference, virtual and instance normalization against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy import random
from support.derivatives import differences, to_numpy, value_and_gradients

from zoo.layers import (
    DropReference,
    InstanceNormalization,
    ReferenceBatch,
    ReferenceBatchNormalization,
    VirtualBatchNormalization,
)

SIZE = 4
GAMMA, BETA = np.array([1.5, -0.5, 2.0]), np.array([0.25, 0.0, -1.0])


def normalized(x, examples):
    """`x` by the statistics of `examples`, with gamma and beta."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = examples.mean(axes), examples.var(axes)
    return (x - mean) / np.sqrt(variance + 1e-5) * GAMMA + BETA


def by_reference(x):
    return normalized(x, x[:SIZE])


def virtually(x):
    """Each example by the batch of the reference and itself, literally."""
    reference = x[:SIZE]
    rest = [
        normalized(one[None], np.concatenate([reference, one[None]]))
        for one in x[SIZE:]
    ]
    return np.concatenate([normalized(reference, reference), *rest])


def by_instance(x):
    return np.concatenate([normalized(one, one) for one in x[:, None]])


CASES = {
    "reference": (lambda: ReferenceBatchNormalization(SIZE), by_reference),
    "virtual": (lambda: VirtualBatchNormalization(SIZE), virtually),
    "instance": (InstanceNormalization, by_instance),
}


def with_weights(layer, shape):
    layer.build(shape)
    layer.gamma.assign(GAMMA)
    layer.beta.assign(BETA)
    return layer


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name):
    make, equation = CASES[name]
    x = random.normal(3, 2, (6, 2, 2, 3))
    layer = with_weights(make(), x.shape)
    weights = random.standard_normal(x.shape)
    np.testing.assert_allclose(
        to_numpy(layer(ops.array(x, "float32"))), equation(x), atol=1e-4
    )
    _, gradient = value_and_gradients(
        lambda x: ops.sum(layer(x) * ops.array(weights, "float32")), x
    )
    expected = differences(lambda x: np.sum(equation(x) * weights), x)
    np.testing.assert_allclose(
        gradient, expected, atol=1e-4 * abs(expected).max()
    )


@pytest.mark.parametrize("name", ["reference", "virtual"])
def test_vectors(name):
    make, equation = CASES[name]
    x = random.normal(3, 2, (6, 3))
    layer = with_weights(make(), x.shape)
    np.testing.assert_allclose(
        to_numpy(layer(ops.array(x, "float32"))), equation(x), atol=1e-4
    )


@pytest.mark.parametrize("name", CASES)
def test_large_means_do_not_cancel(name):
    """Variances are of differences, not of squares: 1000 +- 0.1."""
    make, equation = CASES[name]
    x = random.normal(1000, 0.1, (6, 4, 4, 3)).astype("float32")
    layer = with_weights(make(), x.shape)
    np.testing.assert_allclose(
        to_numpy(layer(ops.array(x))), equation(x.astype("float64")), atol=0.02
    )


@pytest.mark.parametrize("name", CASES)
def test_mixed_precision(name):
    """Statistics and weights are float32, the outputs bfloat16."""
    make, equation = CASES[name]
    layer = make()
    layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    x = ops.cast(ops.array(random.normal(3, 2, (6, 2, 2, 3))), "bfloat16")
    layer = with_weights(layer, x.shape)
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    expected = equation(to_numpy(x))
    np.testing.assert_allclose(to_numpy(y), expected, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("name", CASES)
def test_without_scale_and_center(name):
    x = random.normal(3, 2, (6, 2, 2, 3))
    make, equation = CASES[name]
    config = make().get_config() | {"scale": False, "center": False}
    layer = type(make()).from_config(config)
    y = to_numpy(layer(ops.array(x, "float32")))
    assert not layer.weights
    np.testing.assert_allclose(y, (equation(x) - BETA) / GAMMA, atol=1e-4)


@pytest.fixture(scope="module")
def network():
    inputs = keras.Input((2, 2, 3))
    x = ReferenceBatch(SIZE)(inputs)
    x = VirtualBatchNormalization(SIZE)(x)
    network = keras.Model(inputs, DropReference(SIZE)(x))
    assert network.output_shape == (None, 2, 2, 3)
    return network


def test_network_is_a_function_of_each_example(network):
    """Neither the batch's others nor training change an example's output."""
    x = random.standard_normal((3, 2, 2, 3)).astype("float32")
    together = to_numpy(network(ops.array(x)))
    alone = [to_numpy(network(ops.array(x[i : i + 1]))) for i in range(3)]
    training = to_numpy(network(ops.array(x), training=True))
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-6)
    np.testing.assert_array_equal(training, together)


def test_reference_is_a_weight(network):
    layer = network.layers[1]
    reference = random.standard_normal((SIZE, 2, 2, 3)).astype("float32")
    layer.set_reference(reference)
    assert not layer.trainable_variables
    x = random.standard_normal((2, 2, 2, 3)).astype("float32")
    y = to_numpy(layer(ops.array(x)))
    np.testing.assert_array_equal(y, np.concatenate([reference, x]))
    joint = np.concatenate([reference, x[:1]]).astype("float64")
    mean, variance = joint.mean((0, 1, 2)), joint.var((0, 1, 2))
    np.testing.assert_allclose(
        to_numpy(network(ops.array(x)))[0],
        (x[0] - mean) / np.sqrt(variance + 1e-5),
        atol=1e-5,
    )


def test_first_reference_is_standard_normal():
    layer = ReferenceBatch(500)
    layer.build((None, 4))
    values = to_numpy(layer.reference)
    np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=0.1)


def test_reference_of_another_shape(network):
    with pytest.raises(ValueError, match=r"\(4, 2, 2, 3\).*shape \(3, 2, 2"):
        network.layers[1].set_reference(np.zeros((3, 2, 2, 3)))


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (ReferenceBatch, "size"),
        (DropReference, "size"),
        (ReferenceBatchNormalization, "reference_size"),
        (VirtualBatchNormalization, "reference_size"),
    ],
)
def test_sizes_are_checked(cls, name):
    with pytest.raises(ValueError, match=f"Received: {name}=0"):
        cls(0)
