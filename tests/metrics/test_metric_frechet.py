"""Fréchet distance: closed forms, singular covariances, torch-fidelity."""

import pathlib
import warnings

import numpy as np
import pytest
import scipy.linalg

from zoo.metrics import Moments, frechet_distance, frechet_distance_of

pytestmark = pytest.mark.backend_free

GOLDEN = np.load(pathlib.Path(__file__).with_name("golden.npz"))


def statistics(count, dimension, seed=0, decay=0.0):
    random = np.random.default_rng(seed)
    scales = np.exp(-decay * np.arange(dimension))
    features = random.normal(size=(count, dimension)) * scales
    features = features @ np.linalg.qr(random.normal(size=(dimension,) * 2))[0]
    return features.mean(0), np.cov(features, rowvar=False)


# The last one's eigenvalues span 10^-17 to 1, and Cholesky may still pass.
KINDS = [(300, 20, 0.0), (15, 40, 0.0), (300, 60, 0.2), (300, 40, 0.5)]


@pytest.mark.parametrize(("count", "dimension", "decay"), KINDS)
def test_identical_sets_are_at_zero(count, dimension, decay):
    mu, sigma = statistics(count, dimension, decay=decay)
    assert 0 <= frechet_distance(mu, sigma, mu, sigma) <= 1e-8 * sigma.trace()


@pytest.mark.parametrize(("count", "dimension", "decay"), KINDS)
def test_equal_covariances_give_the_distance_of_means(count, dimension, decay):
    mu, sigma = statistics(count, dimension, decay=decay)
    shift = np.linspace(1, 2, dimension)
    distance = frechet_distance(mu, sigma, mu + shift, sigma)
    assert distance == pytest.approx(shift @ shift, rel=1e-8)


@pytest.mark.parametrize(("count", "dimension", "decay"), KINDS)
def test_scaled_covariances(count, dimension, decay):
    """tr(S + 9 S - 2 (9 S S)^(1/2)) = 4 tr S."""
    mu, sigma = statistics(count, dimension, decay=decay)
    distance = frechet_distance(mu, sigma, mu, 9 * sigma)
    assert distance == pytest.approx(4 * sigma.trace(), rel=1e-8)


@pytest.mark.parametrize(("count", "dimension", "decay"), KINDS)
def test_symmetric_in_its_arguments(count, dimension, decay):
    one = statistics(count, dimension, 0, decay)
    two = statistics(300, dimension, 1)
    distance = frechet_distance(*one, *two)
    assert distance == pytest.approx(frechet_distance(*two, *one), rel=1e-8)


def test_diagonal_covariances():
    a, b = np.array([1.0, 4.0, 0.0, 9.0]), np.array([4.0, 0.0, 0.0, 1.0])
    zero = np.zeros(4)
    distance = frechet_distance(zero, np.diag(a), zero, np.diag(b))
    assert distance == pytest.approx(1 + 4 + 0 + 4)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    one, two = (turn @ np.diag(x) @ turn.T for x in (a, b))
    assert frechet_distance(zero, one, zero, two) == pytest.approx(9)


def test_one_feature():
    assert frechet_distance([1.0], [[4.0]], [4.0], [[25.0]]) == 9 + 9


def test_constant_features():
    zero, none, mu = np.zeros(3), np.zeros((3, 3)), np.array([1.0, 2.0, 2.0])
    assert frechet_distance(zero, none, mu, none) == 9
    assert frechet_distance(zero, none, mu, np.eye(3)) == 12
    assert frechet_distance(mu, np.eye(3), zero, none) == 12


def test_orthogonal_covariances():
    """Covariances without a common direction: the root's trace is 0."""
    one, two = np.diag([1.0, 2.0, 0, 0]), np.diag([0, 0, 3.0, 4.0])
    zero = np.zeros(4)
    assert frechet_distance(zero, one, zero, two) == pytest.approx(10)


@pytest.mark.parametrize("name", ["fid", "fid_singular"])
def test_torch_fidelity(name):
    count = 9 if name == "fid_singular" else None
    one, two = (
        Moments().update(GOLDEN[x][:count].astype(np.float64))
        for x in ("one", "two")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        distance = frechet_distance_of(one, two)
    assert distance == pytest.approx(GOLDEN[name].item(), rel=1e-6)


def test_warns_of_fewer_samples_than_dimensions():
    features = np.random.default_rng(0).normal(size=(30, 5))
    many, few = Moments().update(features), Moments().update(features[:5])
    frechet_distance_of(many, many)
    with pytest.warns(UserWarning, match="5 samples are too few"):
        frechet_distance_of(many, few)
    with pytest.warns(UserWarning, match="4 samples are too few"):
        frechet_distance([0] * 5, np.eye(5), [0] * 5, np.eye(5), count2=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)), "2 and 3"),
        ((np.zeros(2), np.eye(3), np.zeros(2), np.eye(2)), r"\(3, 3\)"),
        ((np.zeros((2, 2)), np.eye(2), np.zeros(2), np.eye(2)), "shapes"),
        ((np.zeros(2), np.eye(2), np.zeros(2), np.eye(2) * np.nan), "NaN"),
        ((np.zeros(2), np.eye(2), np.zeros(2), np.ones((2, 3))), "shapes"),
        ((np.zeros(2), [[1, 0.5], [0, 1]], np.zeros(2), np.eye(2)), "mirror"),
        ((np.zeros(2), -np.eye(2), np.zeros(2), np.eye(2)), "eigenvalues"),
        ((np.zeros(2), np.eye(2), np.zeros(2), -np.eye(2)), "eigenvalues"),
    ],
)
def test_bad_statistics(arguments, message):
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        frechet_distance(*arguments)


def test_extractors_are_not_compared():
    one = Moments({"extractor": "inception"}).update(np.eye(3))
    two = Moments({"extractor": "fashion_mnist"}).update(np.eye(3))
    with pytest.raises(ValueError, match="'inception' and 'fashion_mnist'"):
        frechet_distance_of(one, two)


@pytest.mark.parametrize("decay", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_agrees_with_singular_values_however_spectra_fall(decay):
    """The root's trace is the nuclear norm of one root times the other."""
    (mu, one), (_, two) = (statistics(400, 30, seed, decay) for seed in (0, 1))
    roots = [scipy.linalg.sqrtm(x).real for x in (one, two)]
    nuclear = np.linalg.norm(roots[0] @ roots[1], "nuc")
    expected = one.trace() + two.trace() - 2 * nuclear
    assert frechet_distance(mu, one, mu, two) == pytest.approx(
        expected, abs=1e-8 * one.trace()
    )
