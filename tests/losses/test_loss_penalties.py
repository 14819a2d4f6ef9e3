"""Gradient penalties on critics whose answer is known in closed form.

Each runs through `zoo.backend.minimize`, so that the gradient of the gradient
is taken as in training.
"""

import keras
import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy, value_and_gradients

from zoo import backend
from zoo.backend.seeds import SeedGenerator
from zoo.losses import penalties

RATE = 0.125
# Exact in bfloat16 and float16.
WEIGHTS = np.array([0.5, -0.75, 1.25])
POINTS = np.array([[1.0, 0.5, -2.0], [0.25, -1.0, 0.5], [-0.5, 2.0, 1.0]])
POLICIES = ["float32", "mixed_bfloat16", "mixed_float16"]
NORM = np.linalg.norm(WEIGHTS)
POINT_NORMS = np.linalg.norm(WEIGHTS * POINTS, axis=1)

# Name: value and gradient by the weights of a critic x.w, whose slope is w.
LINEAR = {
    "one_centered": ((NORM - 1) ** 2, 2 * (NORM - 1) * WEIGHTS / NORM),
    "zero_centered": (NORM**2 / 2, WEIGHTS),
}
# The same of a critic sum(w x^2) / 2, whose slope is w x.
QUADRATIC = {
    "one_centered": (
        np.mean((POINT_NORMS - 1) ** 2),
        np.mean(
            (2 * (POINT_NORMS - 1) / POINT_NORMS)[:, None]
            * WEIGHTS
            * POINTS**2,
            axis=0,
        ),
    ),
    "zero_centered": (
        np.mean(POINT_NORMS**2) / 2,
        np.mean(WEIGHTS * POINTS**2, axis=0),
    ),
}
TOLERANCE = {"float32": 1e-5, "mixed_bfloat16": 2e-2, "mixed_float16": 2e-3}


class Critic(keras.layers.Layer):
    """`x.w`, or `sum(w x^2) / 2`, in the compute dtype of its policy."""

    def __init__(self, power, dtype):
        super().__init__(dtype=dtype)
        self.power = power
        self.w = self.add_weight(shape=(3,), name="w")
        self.w.assign(WEIGHTS)

    def call(self, x):
        return ops.sum(self.w * x**self.power, axis=-1) / self.power


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize(
    ("power", "answers"),
    [(1, LINEAR), (2, QUADRATIC)],
    ids=["linear", "square"],
)
def test_value_and_step(power, answers, name, policy):
    critic = Critic(power, policy)
    optimizer = keras.optimizers.SGD(RATE)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 256.0)
    optimizer.build([critic.w])
    points = ops.array(POINTS, "float32")

    def loss():
        gradients = backend.input_gradient(critic, points)
        assert keras.backend.standardize_dtype(gradients.dtype) == "float32"
        return {"penalty": getattr(penalties, name)(gradients)}

    terms = backend.minimize(loss, [critic.w], optimizer)
    value, gradient = answers[name]
    tolerance = TOLERANCE[policy]
    np.testing.assert_allclose(float(terms["penalty"]), value, rtol=tolerance)
    step = (WEIGHTS - to_numpy(critic.w)) / RATE
    np.testing.assert_allclose(step, gradient, rtol=tolerance, atol=1e-6)


def test_target_of_the_norm():
    value, gradient = value_and_gradients(
        lambda g: penalties.one_centered(g, target=0.5), WEIGHTS[None]
    )
    np.testing.assert_allclose(value, (NORM - 0.5) ** 2, rtol=1e-6)
    expected = 2 * (NORM - 0.5) * WEIGHTS / NORM
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-6)


def test_norms_and_their_slopes():
    x = np.random.default_rng(0).standard_normal((4, 2, 3, 1))
    norms, slopes = value_and_gradients(penalties.gradient_norms, x)
    expected = np.sqrt((x**2).sum((1, 2, 3)))
    np.testing.assert_allclose(norms, expected, rtol=1e-6)
    np.testing.assert_allclose(
        slopes, x / expected[:, None, None, None], rtol=1e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_norm_of_zero(dtype):
    """A dead critic costs 1, and gets no NaN."""
    value, gradient = value_and_gradients(
        penalties.one_centered, np.zeros((2, 3)), dtype=dtype
    )
    assert value == 1
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))


def test_large_half_precision_gradients_do_not_overflow():
    gradients = ops.cast(ops.array([[3e4, 4e4]]), "float16")
    norm = penalties.gradient_norms(gradients)
    np.testing.assert_allclose(to_numpy(norm), [5e4], rtol=1e-3)


# Points


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    draw = random.uniform(-1, 1, (2, 5, 4, 3, 2)).astype("float32")
    return [ops.array(x) for x in draw]


def test_interpolates_by_hand():
    real, fake = (
        np.array([[4.0, 8.0], [1.0, 1.0]]),
        np.array([[0.0, 4], [3, 5]]),
    )
    points = penalties.interpolates(real, fake, np.array([0.25, 1.0]))
    np.testing.assert_allclose(to_numpy(points), [[1, 5], [1, 1]])
    points = penalties.interpolates(real, fake, np.array([[0.25], [1.0]]))
    np.testing.assert_allclose(to_numpy(points), [[1, 5], [1, 1]])


def test_perturbed_by_hand():
    real, noise = np.array([[1.0, 3.0]]), np.array([[0.5, -2.0]])
    points = penalties.perturbed(real, noise)  # std 1
    np.testing.assert_allclose(to_numpy(points), [[1.25, 2.0]])


def test_wgan_gp_points_are_between(images):
    real, fake = map(to_numpy, images)
    seed = SeedGenerator(3)
    shares = []
    for _ in range(2):
        points = to_numpy(penalties.get("wgan_gp").points(*images, seed))
        share = (points - fake) / (real - fake)
        first = share[:, :1, :1, :1]
        near = np.abs(real - fake) > 0.05
        spread = np.where(near, share - first, 0)
        np.testing.assert_allclose(spread, 0, atol=2e-3)
        shares.append(np.median(share, axis=(1, 2, 3)))
    shares = np.concatenate(shares)
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert len(np.unique(shares.round(3))) == 10


def test_dragan_points_are_around_the_real(images):
    real, _ = map(to_numpy, images)
    seed = SeedGenerator(3)
    noise = [
        (to_numpy(penalties.get("dragan").points(*images, seed)) - real)
        / (0.5 * real.std())
        for _ in range(2)
    ]
    noise = np.stack(noise)
    assert noise.min() >= -1e-5
    assert noise.max() <= 1 + 1e-5
    np.testing.assert_allclose(noise.mean(), 0.5, atol=0.08)
    assert len(np.unique(noise.round(5))) > 230  # Of 240, drawn anew.


def test_r1_and_r2_points(images):
    real, fake = images
    assert penalties.get("r1").points(real, fake, None) is real
    assert penalties.get("r2").points(real, fake, None) is fake


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wgan_gp", penalties.one_centered),
        ("dragan", penalties.one_centered),
        ("r1", penalties.zero_centered),
        ("r2", penalties.zero_centered),
    ],
)
def test_registered(name, value):
    penalty = penalties.get(name)
    assert penalty.value is value
    assert penalty.default_weight == 10
    assert penalties.serialize(penalty) == name
    with pytest.raises(ValueError, match=f"Received: name='{name}'"):
        penalties.register(penalty)


def test_unknown_penalty():
    with pytest.raises(
        ValueError, match=r"Did you mean 'wgan_gp'.*penalty='wgan"
    ):
        penalties.get("wgan-gp")
