"""SRGAN's first step against the same in plain PyTorch, in float64.

The golden values are made by `tests/golden/make_srgan.py`. Errors of gradients
are relative to the largest one of the network: those of biases before a batch
normalization are zero, but for rounding.
"""

import keras
import numpy as np
import pytest
from keras import ops
from support.agreement import read_golden, stored

import zoo
from zoo import backend

RATE = 0.1  # Of gradient descent: a step over it is the gradient.


@pytest.fixture(scope="module")
def golden():
    return read_golden("srgan.npz")


@pytest.fixture(scope="module")
def model(golden):
    model = zoo.SRGAN(
        filters=3,
        blocks=2,
        crop_size=16,
        discriminator_filters=3,
        content="mse",
    )
    for name in model.players:
        variables = getattr(model, name).trainable_variables
        values = stored(golden, "weights", name)
        for variable, value in zip(variables, values, strict=True):
            assert tuple(variable.shape) == value.shape
            variable.assign(value)
    model.compile(
        **{
            f"{player}_optimizer": keras.optimizers.SGD(RATE)
            for player in model.players
        }
    )
    return model


@pytest.fixture(scope="module")
def step(model, golden):
    """Images, logs and gradients of the step."""
    low, high = golden["low"], golden["high"]
    generate = backend.compiled(
        lambda low: model.generator(low, training=True), model.variables
    )
    images = ops.convert_to_numpy(generate(ops.array(low)))
    logs = model.train_on_batch(low, high, return_dict=True)
    gradients = {
        name: [
            (before - ops.convert_to_numpy(after)) / RATE
            for before, after in zip(
                stored(golden, "weights", name),
                getattr(model, name).trainable_variables,
                strict=True,
            )
        ]
        for name in model.players
    }
    return images, logs, gradients


def test_images(step, golden):
    error = np.abs(step[0] - golden["fake"]).max()
    assert error < 1e-5 * np.abs(golden["fake"]).max()


def test_losses(step, golden):
    losses = [step[1][name] for name in zoo.SRGAN.loss_names]
    np.testing.assert_allclose(losses, golden["losses"], rtol=1e-5)


@pytest.mark.parametrize("name", zoo.SRGAN.players)
def test_gradients(step, golden, name):
    expected = stored(golden, "gradients", name)
    largest = max(np.abs(gradient).max() for gradient in expected)
    for actual, gradient in zip(step[2][name], expected, strict=True):
        assert np.abs(actual - gradient).max() < 1e-4 * largest
