"""Diversity, classes and codes against their equations."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy import random
from support.derivatives import differences, value_and_gradients

from zoo import losses

LOGITS = np.random.default_rng(0).standard_normal((4, 3))
LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]


def test_mode_seeking():
    images = random.standard_normal((2, 3, 2, 2, 1))
    latents = random.standard_normal((2, 3, 5))

    def equation(first):
        d_images = np.abs(first - images[1]).mean((1, 2, 3))
        d_latents = np.abs(latents[0] - latents[1]).mean(1)
        return 1 / (np.mean(d_images / d_latents) + 1e-5)

    value, gradient = value_and_gradients(
        lambda x: losses.mode_seeking(
            x, *(ops.array(a, "float32") for a in (images[1], *latents))
        ),
        images[0],
    )
    np.testing.assert_allclose(value, equation(images[0]), rtol=1e-5)
    expected = differences(equation, images[0])
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_mode_seeking_of_a_collapsed_generator():
    """All images alike, and even a pair of equal latents: finite."""
    images = np.ones((2, 4, 4, 1))
    latents = np.array([[0.0, 1.0], [1.0, 1.0]])
    value, *gradients = value_and_gradients(
        losses.mode_seeking, images, images, latents, latents[[0, 0]]
    )
    np.testing.assert_allclose(value, 1e5, rtol=1e-5)
    assert all(np.isfinite(g).all() for g in gradients)


def test_classification():
    value, gradient = value_and_gradients(
        lambda x: losses.classification(x, ops.array(LABELS)), LOGITS
    )
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    np.testing.assert_allclose(
        value, -np.log(p[range(4), LABELS]).mean(), rtol=1e-6
    )
    np.testing.assert_allclose(gradient, (p - ONE_HOT) / 4, rtol=1e-4)


def test_categorical_information():
    """Soft codes too: the expectation of log Q under them."""
    codes = np.array([[0, 0, 1], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]])

    def equation(x):
        log_q = x - np.log(np.exp(x).sum(1, keepdims=True))
        return -(codes * log_q).sum(1).mean()

    value, gradient, _ = value_and_gradients(
        losses.mutual_information_categorical, LOGITS, codes
    )
    np.testing.assert_allclose(value, equation(LOGITS), rtol=1e-6)
    expected = differences(equation, LOGITS)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)


def test_continuous_information():
    """Minus log N(c; mean, 1), less log(2 pi) / 2 for each of two codes."""
    mean, codes = random.standard_normal((2, 4, 2))
    densities = np.exp(-((codes - mean) ** 2) / 2) / np.sqrt(2 * np.pi)
    expected = -np.log(densities.prod(1)).mean() - np.log(2 * np.pi)
    value, gradient, _ = value_and_gradients(
        losses.mutual_information_continuous, mean, codes
    )
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, (mean - codes) / 4, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_large_logits_are_finite_float32(dtype):
    logits = ops.cast(ops.array([[1e4, -1e4, 0.0]]), dtype)
    for loss in (
        losses.classification(logits, ops.array([1])),
        losses.mutual_information_categorical(
            logits, ops.array([[0.0, 1.0, 0.0]])
        ),
    ):
        assert keras.backend.standardize_dtype(loss.dtype) == "float32"
        np.testing.assert_allclose(float(loss), 2e4, rtol=2e-3)
