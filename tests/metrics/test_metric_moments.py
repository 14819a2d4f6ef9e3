"""Moments: the same whatever the batches, and files that can be trusted."""

import json

import numpy as np
import pytest

from zoo.metrics import Moments

pytestmark = pytest.mark.backend_free


def samples(count=200, dimension=6, seed=0):
    random = np.random.default_rng(seed)
    mix = random.normal(size=(dimension, dimension))
    # Far from 0, where sums of squares would lose most digits.
    return random.normal(size=(count, dimension)) @ mix + 1e4


def assert_same(moments, features):
    np.testing.assert_allclose(moments.mean, features.mean(0), rtol=1e-10)
    expected = np.cov(features, rowvar=False)
    error = np.abs(moments.covariance - expected).max()
    assert error <= 1e-10 * np.abs(expected).max()
    assert moments.count == len(features)


@pytest.mark.parametrize("size", [1, 3, 64, 199, 200])
def test_batches_of_any_size_agree_with_numpy(size):
    features, moments = samples(), Moments()
    for start in range(0, len(features), size):
        moments.update(features[start : start + size])
    assert_same(moments, features)


@pytest.mark.parametrize("cuts", [(1, 2), (0, 50), (77, 200), (100, 199)])
def test_shards_add_up(cuts):
    features = samples()
    shards = [Moments().update(x) for x in np.split(features, cuts)]
    assert_same(shards[0] + shards[1] + shards[2], features)
    assert_same(shards[2].merge(shards[0]).merge(shards[1]), features)


def test_blocks_within_an_update_add_up():
    features = samples(9000, 3)
    assert_same(Moments().update(features), features)


def test_adding_leaves_both_sides_as_they_were():
    features = samples()
    one, two = Moments().update(features[:9]), Moments().update(features[9:])
    assert_same(one + two, features)
    assert_same(one, features[:9])
    assert_same(two, features[9:])
    assert_same(one.merge(one), np.concatenate([features[:9]] * 2))


def test_float32_and_integers_are_summed_in_float64():
    features = np.random.default_rng(0).integers(0, 255, (99, 4))
    for dtype in (np.float32, np.uint8):
        assert_same(Moments().update(features.astype(dtype)), features)


def test_saved_and_loaded(tmp_path):
    features = samples()
    moments = Moments({"extractor": "inception", "images": 3})
    moments.update(features[:120]).save(tmp_path / "moments.npz")
    loaded = Moments.load(tmp_path / "moments.npz")
    assert loaded.metadata == moments.metadata
    assert_same(loaded, features[:120])
    assert_same(loaded.update(features[120:]), features)
    assert [x.name for x in tmp_path.iterdir()] == ["moments.npz"]


def test_file_is_one_of_pytorch_fid(tmp_path):
    path, features = tmp_path / "moments.npz", samples()
    Moments().update(features).save(path)
    with np.load(path) as file:
        np.testing.assert_allclose(file["mu"], features.mean(0))
        np.testing.assert_allclose(
            file["sigma"], np.cov(features, rowvar=False), rtol=1e-7
        )


def test_file_of_pytorch_fid_is_read(tmp_path):
    path, sigma = tmp_path / "moments.npz", np.diag([1.0, 2.0])
    np.savez(path, mu=np.ones(2), sigma=sigma)
    moments = Moments.load(path)
    np.testing.assert_array_equal(moments.mean, np.ones(2))
    np.testing.assert_array_equal(moments.covariance, sigma)
    assert moments.count is None
    with pytest.raises(ValueError, match=r"unknown\. Received: count=None"):
        moments.update(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"counts are known\. Received"):
        moments.merge(Moments().update(np.ones((3, 2))))
    moments.save(path)
    assert Moments.load(path).count is None


def damage(path, what):
    good = {"mu": np.zeros(2), "sigma": np.eye(2), "count": 9}
    change = {
        "no mu": {"mu": None},
        "no sigma": {"sigma": None},
        "NaN": {"mu": np.array([np.nan, 0])},
        "shape": {"sigma": np.eye(3)},
        "asymmetric": {"sigma": np.array([[1.0, 2.0], [0.0, 1.0]])},
        "count": {"count": -3},
        "pickle": {"mu": np.array([{}, {}])},
        "text": {"mu": np.array(["a", "b"])},
        "metadata": {"metadata": np.array("[1")},
        "list": {"metadata": np.array("5")},
    }.get(what, {})
    arrays = {k: v for k, v in (good | change).items() if v is not None}
    np.savez(path, **arrays)
    data = path.read_bytes()
    if what == "truncated":
        path.write_bytes(data[: len(data) // 2])
    if what == "flipped":
        data = bytearray(data)
        data[data.index(b"\x93NUMPY") + 135] ^= 0xFF
        path.write_bytes(bytes(data))
    if what == "empty":
        path.write_bytes(b"")
    if what == "noise":
        path.write_bytes(b"no such thing" * 9)
    if what == "npy":
        with open(path, "wb") as file:
            np.save(file, np.eye(2))


WHAT = "no mu,no sigma,NaN,shape,asymmetric,count,pickle,text,metadata,list"
WHAT += ",truncated,flipped,empty,noise,npy"


@pytest.mark.parametrize("what", WHAT.split(","))
def test_damaged_files_are_refused(tmp_path, what):
    path = tmp_path / "moments.npz"
    damage(path, what)
    with pytest.raises(ValueError, match=r"Received: path='.*moments\.npz'$"):
        Moments.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Moments.load(tmp_path / "moments.npz")


def test_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "moments.npz"
    Moments().update(np.eye(3)).save(path)
    old = path.read_bytes()
    with pytest.raises(ValueError, match="2 samples are needed"):
        Moments().update(np.eye(3)[:1]).save(path)
    with pytest.raises(TypeError):
        Moments({"x": json}).update(np.eye(3)).save(path)
    assert path.read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.ones(4), r"shape=\(4,\)"),
        (np.ones((4, 3)), r"shape=\(4, 3\)"),
        (np.ones((4, 0)), r"shape=\(4, 0\)"),
        (np.array([["a", "b"]]), "dtype=<U1"),
        (np.ones((4, 2), complex), "dtype=complex128"),
        ([[0, np.nan], [0, 1]], "1 of 2 rows with NaN"),
        ([[0, 1], [np.inf, 1], [np.nan, 1]], "2 of 3 rows with NaN"),
    ],
)
def test_bad_features(features, message):
    moments = Moments().update(np.eye(2))
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        moments.update(features)
    assert_same(moments, np.eye(2))


def test_other_dimensions_and_extractors_do_not_mix():
    one = Moments({"extractor": "inception"}).update(np.eye(2))
    with pytest.raises(ValueError, match="dimensions 2 and 3"):
        one.merge(Moments().update(np.eye(3)))
    other = Moments({"extractor": "fashion_mnist"}).update(np.eye(2))
    with pytest.raises(ValueError, match="'inception' and 'fashion_mnist'"):
        one + other


def test_metadata_that_differ_are_dropped_by_a_sum():
    one = Moments({"extractor": "a", "data": "train", "size": 28})
    two = Moments({"extractor": "a", "data": "test"})
    assert (one + two).metadata == {"extractor": "a"}


def test_too_few_samples():
    for name in ("mean", "covariance"):
        with pytest.raises(ValueError, match="Received: 0 samples"):
            getattr(Moments(), name)
