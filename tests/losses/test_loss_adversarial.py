"""Adversarial losses against their equations, and by name."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from support.derivatives import differences, value_and_gradients

import zoo
from zoo import losses

LOGITS = np.array([[-3.0], [-0.5], [0.25], [2.0], [9.5]])
NAMES = [
    "minimax",
    "non_saturating",
    "maximum_likelihood",
    "least_squares",
    "wasserstein",
    "hinge",
    "energy",
]


def d(logits):
    return 1 / (1 + np.exp(-logits))


# As the papers write them, in float64: (real, fake, generator).
CROSS_ENTROPY = (lambda x: -np.log(d(x)), lambda x: -np.log(1 - d(x)))
EQUATIONS = {
    "minimax": (*CROSS_ENTROPY, lambda x: np.log(1 - d(x))),
    "non_saturating": (*CROSS_ENTROPY, lambda x: -np.log(d(x))),
    "maximum_likelihood": (*CROSS_ENTROPY, lambda x: -d(x) / (1 - d(x))),
    "least_squares": (
        lambda x: 0.5 * (x - 1) ** 2,
        lambda x: 0.5 * x**2,
        lambda x: 0.5 * (x - 1) ** 2,
    ),
    "wasserstein": (lambda x: -x, lambda x: x, lambda x: -x),
    "hinge": (
        lambda x: np.maximum(0, 1 - x),
        lambda x: np.maximum(0, 1 + x),
        lambda x: -x,
    ),
    # With the energy e = -x and the margin 1.
    "energy": (lambda x: -x, lambda x: np.maximum(0, 1 + x), lambda x: -x),
}
TERMS = ("real", "fake", "generator")
E10 = np.exp(10.0)
# Value and slope at -10,000 and at 10,000, by hand.
FLAT = (0, 0)
EXTREMES = {
    "cross_entropy": ((1e4, -1), FLAT, FLAT, (1e4, 1)),
    "minimax": (FLAT, (-1e4, -1)),
    "non_saturating": ((1e4, -1), FLAT),
    "maximum_likelihood": (FLAT, (-E10 * 9991, -E10)),
    "least_squares": (
        *((50_010_000.5, -10_001), (49_990_000.5, 9_999)),
        *((5e7, -1e4), (5e7, 1e4)),
        *((50_010_000.5, -10_001), (49_990_000.5, 9_999)),
    ),
    "wasserstein": ((1e4, -1), (-1e4, -1), (-1e4, 1), (1e4, 1)),
    "hinge": ((10_001, -1), FLAT, FLAT, (10_001, 1)),
    "energy": ((1e4, -1), (-1e4, -1), FLAT, (10_001, 1)),
    "critic's generator": ((1e4, -1), (-1e4, -1)),
}


def extremes(name):
    """Returns (value, slope) of each term at both ends, six pairs."""
    own = EXTREMES[name]
    if name in ("minimax", "non_saturating", "maximum_likelihood"):
        return EXTREMES["cross_entropy"] + own
    return own if len(own) == 6 else own + EXTREMES["critic's generator"]


def test_all_names_are_tested():
    assert sorted(losses.adversarial.registry.entries) == sorted(NAMES)


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient(name, term):
    equation = EQUATIONS[name][TERMS.index(term)]
    value, gradient = value_and_gradients(
        getattr(losses.get(name), term), LOGITS
    )
    np.testing.assert_allclose(value, equation(LOGITS).mean(), rtol=2e-6)
    expected = differences(lambda x: equation(x).mean(), LOGITS)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("name", NAMES)
def test_at_ten_thousand(name, term):
    at = 2 * TERMS.index(term)
    pairs = extremes(name)[at : at + 2]
    for logit, (value, slope) in zip((-1e4, 1e4), pairs, strict=True):
        got = value_and_gradients(getattr(losses.get(name), term), [[logit]])
        np.testing.assert_allclose(got[0], value, rtol=1e-6)
        np.testing.assert_allclose(got[1], [[slope]], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_logits(name, dtype):
    """The loss is that of the rounded logits in float32."""
    logits = np.array([[-9984.0], [-0.5], [0.25], [9984.0]])
    for term in TERMS:
        fn = getattr(losses.get(name), term)
        half = fn(keras.ops.cast(logits, dtype))
        assert keras.backend.standardize_dtype(half.dtype) == "float32"
        value, gradient = value_and_gradients(fn, logits)
        low, low_gradient = value_and_gradients(fn, logits, dtype=dtype)
        np.testing.assert_allclose(low, value, rtol=1e-6)
        assert np.isfinite(low_gradient).all()
        np.testing.assert_allclose(low_gradient, gradient, rtol=8e-3, atol=1e-7)


def test_logits_of_any_shape():
    maps = np.linspace(-2, 2, 2 * 3 * 4).reshape(2, 3, 4, 1)
    value, _ = value_and_gradients(losses.HINGE.real, maps)
    np.testing.assert_allclose(value, np.maximum(0, 1 - maps).mean(), rtol=1e-6)


def test_maximum_likelihood_is_smooth_where_it_turns_straight():
    below, at, above = (
        value_and_gradients(losses.maximum_likelihood, [x])
        for x in (9.999, 10.0, 10.001)
    )
    np.testing.assert_allclose(above[1], below[1], rtol=2e-3)
    np.testing.assert_allclose(at[0], -E10, rtol=1e-6)
    value, _ = value_and_gradients(losses.maximum_likelihood, [1e10])
    np.testing.assert_allclose(value, -E10 * 1e10, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
@pytest.mark.parametrize("name", NAMES[:3])
def test_label_smoothing(name, smoothing):
    def equation(x):
        p = d(x)
        t = 1 - smoothing
        return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))

    fn = functools.partial(
        losses.get(name).real_loss, label_smoothing=smoothing
    )
    value, gradient = value_and_gradients(fn, LOGITS)
    np.testing.assert_allclose(value, equation(LOGITS), rtol=1e-6)
    expected = differences(equation, LOGITS)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES[3:])
def test_smoothing_needs_a_target(name):
    loss = losses.get(name)
    logits = LOGITS.astype("float32")
    assert float(loss.real_loss(logits)) == float(loss.real(logits))
    with pytest.raises(ValueError, match=f"{name}.*label_smoothing=0.1"):
        loss.real_loss(logits, 0.1)


def test_smoothing_out_of_range():
    with pytest.raises(ValueError, match=r"Received: label_smoothing=1\.5"):
        losses.MINIMAX.real_loss(LOGITS, 1.5)


@pytest.mark.parametrize("margin", [0.5, 10.0])
def test_margin_of_an_energy(margin):
    loss = losses.energy_based(margin)
    energies = np.array([[0.1], [0.4], [3.0], [12.0]])
    value, gradient = value_and_gradients(loss.fake, -energies)
    expected = np.maximum(0, margin - energies)
    np.testing.assert_allclose(value, expected.mean(), rtol=1e-6)
    np.testing.assert_allclose(gradient, (expected > 0) / 4, rtol=1e-6)
    assert loss.energy
    assert loss.name == f"energy_{margin:g}"


@pytest.mark.parametrize("margin", [0, -1.0, float("nan")])
def test_margin_must_be_positive(margin):
    with pytest.raises(ValueError, match=f"Received: margin={margin}"):
        losses.energy_based(margin)


def test_only_energies_ask_for_an_autoencoder():
    assert [n for n in NAMES if losses.get(n).energy] == ["energy"]


# Names


@pytest.fixture
def own():
    """A loss of one's own, registered for the duration of a test."""
    loss = losses.AdversarialLoss("own", *[lambda x: x] * 3)
    yield loss
    losses.adversarial.registry.entries.pop("own", None)


def test_constants_are_the_registered_losses():
    for name in NAMES:
        loss = getattr(losses, name.upper())
        assert losses.get(name) is loss
        assert losses.get(loss) is loss
        assert losses.serialize(loss) == loss.name == name


def test_own_loss(own):
    assert losses.get(own) is own
    with pytest.raises(ValueError, match=r"must be registered.*name='own'"):
        losses.serialize(own)
    assert losses.register(own) is own
    assert losses.get(losses.serialize(own)) is own
    with pytest.raises(ValueError, match="Received: name='own'"):
        losses.register(own)


def test_impostor_is_not_saved_under_anothers_name():
    impostor = dataclasses.replace(losses.HINGE, real=losses.terms.mean)
    with pytest.raises(ValueError, match="must be registered"):
        losses.serialize(impostor)


def test_unknown_name():
    with pytest.raises(ValueError, match=r"Did you mean 'hinge'.*='hinje'"):
        losses.get("hinje")


@pytest.mark.parametrize("value", [None, 3, lambda x: x])
def test_neither_name_nor_loss(value):
    with pytest.raises(ValueError, match=r"must be one of.*Received: loss="):
        losses.get(value)
    with pytest.raises(ValueError, match="instance of AdversarialLoss"):
        losses.register(value)


def test_reached_from_the_package():
    assert zoo.losses.HINGE is losses.HINGE
