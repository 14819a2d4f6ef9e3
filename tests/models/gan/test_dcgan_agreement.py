"""DCGAN under `fit` against the same training written in plain PyTorch.

The golden values are float64, made by `tests/golden/make_dcgan.py`. Errors of
a tensor are norm-wise: the largest absolute difference over the largest
absolute golden value.
"""

import keras
import numpy as np
import pytest
from support.agreement import (
    GoldenLatents,
    RecordingSGD,
    error,
    read_golden,
    stored,
)

import zoo

STEPS = 20


class GoldenDCGAN(GoldenLatents, zoo.DCGAN):
    """A DCGAN that draws the golden latents, step by step."""

    def __init__(self, latents):
        super().__init__(
            image_shape=(16, 16, 1), latent_dim=latents.shape[-1], filters=4
        )
        self.hold(latents)


@pytest.fixture(scope="module")
def golden():
    return read_golden("dcgan.npz")


def trained(golden, steps, make_optimizer):
    """Returns a model after `steps` steps, and each step's three losses."""
    model = GoldenDCGAN(golden["latents"])
    optimizers = {}
    for name in ("discriminator", "generator"):
        variables = getattr(model, name).trainable_variables
        initial = stored(golden, "initial", name)
        for variable, value in zip(variables, initial, strict=True):
            assert tuple(variable.shape) == value.shape
            variable.assign(value)
        optimizers[f"{name}_optimizer"] = make_optimizer()
    model.compile(**optimizers)
    images = golden["images"][:steps].reshape(-1, 16, 16, 1)
    means = []
    each = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: means.append(
            [float(logs[name]) for name in model.loss_names]
        )
    )
    model.fit(images, batch_size=8, shuffle=False, verbose=0, callbacks=[each])
    sums = np.array(means) * np.arange(1, steps + 1)[:, None]
    return model, np.diff(sums, axis=0, prepend=0)  # The logs are means so far.


@pytest.fixture(scope="module")
def one_step(golden):
    return trained(golden, 1, lambda: RecordingSGD(0.1))


def test_first_losses(one_step, golden):
    _, losses = one_step
    errors = np.abs(losses[0] / golden["sgd_losses"] - 1)
    assert errors.max() < 1e-5


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_first_gradients(one_step, golden, name):
    model, _ = one_step
    slots = model.optimizer[name].gradients
    expected = stored(golden, "gradient", name)
    errors = [error(*pair) for pair in zip(slots, expected, strict=True)]
    assert max(errors) < 1e-5, errors


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_weights_after_one_sgd_step(one_step, golden, name):
    model, _ = one_step
    variables = getattr(model, name).trainable_variables
    expected = stored(golden, "sgd", name)
    errors = [error(*pair) for pair in zip(variables, expected, strict=True)]
    assert max(errors) < 1e-6, errors


def test_twenty_adam_steps(golden):
    _, losses = trained(
        golden, STEPS, lambda: keras.optimizers.Adam(1e-3, beta_1=0.5)
    )
    errors = np.abs(losses / golden["adam_losses"] - 1)
    assert losses.shape == (STEPS, 3)
    assert errors.max() < 1e-4, errors
