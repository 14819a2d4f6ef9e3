"""Minibatch statistics against loops over images."""

import numpy as np
import pytest
from keras import ops
from numpy import random
from support.derivatives import differences, to_numpy, value_and_gradients

from zoo.layers import MinibatchDiscrimination, MinibatchStdDev


def deviations(x, groups, features):
    """The statistics of each image, `(batch, features)`, by loops."""
    width = x.shape[-1] // features
    result = np.zeros((len(x), features))
    for i, f in np.ndindex(result.shape):
        group = [x[j] for j in range(len(x)) if j % groups == i % groups]
        part = np.stack(group)[..., f * width : (f + 1) * width]
        result[i, f] = np.mean(np.sqrt(part.var(axis=0) + 1e-8))
    return result


@pytest.mark.parametrize(
    ("batch", "groups", "features"), [(8, 2, 1), (6, 2, 2), (3, 1, 1)]
)
def test_standard_deviation(batch, groups, features):
    """Groups of 4; of 3, where a batch of 6 or 3 can't have such."""
    x = random.standard_normal((batch, 2, 3, 4))
    layer = MinibatchStdDev(group_size=4, features=features)
    y = to_numpy(layer(ops.array(x, "float32")))
    expected = deviations(x, groups, features)[:, None, None, :]
    np.testing.assert_allclose(y[..., :4], x, atol=1e-6)
    np.testing.assert_allclose(
        y[..., 4:],
        np.broadcast_to(expected, (batch, 2, 3, features)),
        rtol=1e-5,
    )


def test_standard_deviation_of_vectors():
    x = random.standard_normal((6, 4))
    y = to_numpy(MinibatchStdDev(group_size=2)(ops.array(x, "float32")))
    np.testing.assert_allclose(y[:, 4:], deviations(x, 3, 1), rtol=1e-5)


def test_gradient_of_the_standard_deviation():
    x = random.standard_normal((4, 2, 1, 2))
    _, gradient = value_and_gradients(
        lambda x: ops.sum(MinibatchStdDev()(x)[..., 2:]), x
    )
    expected = differences(lambda x: 2 * deviations(x, 1, 1).sum(), x)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_equal_images_have_a_finite_gradient():
    value, gradient = value_and_gradients(MinibatchStdDev(), np.ones((4, 2, 2)))
    np.testing.assert_allclose(value[..., 2], 1e-4, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_features_divide_the_channels():
    with pytest.raises(ValueError, match=r"channels, 3.*Received: features=2"):
        MinibatchStdDev(features=2)(np.zeros((4, 2, 2, 3), "float32"))


def similarities(x, tensor):
    """Equation 3.2 of Salimans et al. 2016, by loops."""
    m = np.einsum("na,abc->nbc", x, tensor)
    result = np.zeros((len(x), tensor.shape[1]))
    for i, b in np.ndindex(result.shape):
        result[i, b] = sum(
            np.exp(-np.abs(m[i, b] - m[j, b]).sum()) for j in range(len(x))
        )
    return result


def test_minibatch_discrimination():
    layer = MinibatchDiscrimination(kernels=3, dimensions=2)
    x = random.standard_normal((5, 4))
    layer.build(x.shape)
    tensor = to_numpy(layer.kernel).reshape(4, 3, 2)
    value, by_kernel, by_x = value_and_gradients(
        layer, x, variables=[layer.kernel]
    )
    np.testing.assert_allclose(value[:, :4], x, atol=1e-6)
    np.testing.assert_allclose(value[:, 4:], similarities(x, tensor), rtol=1e-5)
    expected = differences(lambda t: similarities(x, t).sum(), tensor)
    np.testing.assert_allclose(
        by_kernel, expected.reshape(4, 6), rtol=1e-3, atol=1e-4
    )
    expected = 1 + differences(lambda x: similarities(x, tensor).sum(), x)
    np.testing.assert_allclose(by_x, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("cls", "arguments", "name"),
    [
        (MinibatchStdDev, {"group_size": 0}, "group_size"),
        (MinibatchStdDev, {"features": 1.5}, "features"),
        (MinibatchDiscrimination, {"kernels": 0, "dimensions": 1}, "kernels"),
        (
            MinibatchDiscrimination,
            {"kernels": 1, "dimensions": 0},
            "dimensions",
        ),
    ],
)
def test_bad_arguments(cls, arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {name}="):
        cls(**arguments)
