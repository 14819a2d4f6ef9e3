import json
import pathlib
import shutil

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

import pipelines
from zoo.metrics.features import FeatureExtractor, get_extractor
from zoo.metrics.features import fashion_mnist as module
from zoo.metrics.features import train_fashion_mnist as training
from zoo.metrics.features.one_cycle import OneCycle
from zoo.metrics.features.weights import file_sha256

GOLDEN = pathlib.Path(__file__).parents[2] / "golden/fashion_mnist_features.npz"


@pytest.fixture(scope="module")
def extractor():
    return module.fashion_mnist()


@pytest.fixture(scope="module")
def clothes():
    """Labelled images: of the test set where this computer has it."""
    if (pipelines.fashion.SYSTEM_FOLDER / "t10k-images-idx3-ubyte.gz").exists():
        images, labels = pipelines.fashion_mnist("test")
    else:
        images, labels = pipelines.fashion_mnist_10k()
    return images[:1000, ..., None], labels[:1000]


def test_metadata_tells_how_it_was_trained(extractor):
    facts = json.loads(module.METADATA.read_text())
    assert facts["parameters"] == extractor.network.count_params() <= 500_000
    assert facts["test_accuracy"] >= 0.93
    assert {"seed", "duration_seconds", "command", "date"} <= set(facts)
    assert module.WEIGHTS.stat().st_size <= 2_500_000


def test_recognises_clothes(extractor, clothes):
    images, labels = clothes
    features = extractor(images)
    assert np.mean(features.logits.argmax(axis=-1) == labels) >= 0.92


def test_same_features_on_each_backend(extractor):
    with np.load(GOLDEN, allow_pickle=False) as golden:
        features = extractor(golden["images"])
        for name in ("pool", "logits"):
            got = getattr(features, name)
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, golden[name], rtol=0, atol=1e-4)


def test_same_features_in_batches_of_any_size(extractor, clothes):
    images = clothes[0][:101]
    together = extractor(images)
    apart = [extractor(part) for part in np.split(images, [1, 4, 100])]
    for name in ("pool", "logits"):
        joined = np.concatenate([getattr(part, name) for part in apart])
        np.testing.assert_allclose(getattr(together, name), joined, atol=1e-5)


def test_same_features_under_other_global_settings(extractor, clothes):
    images = clothes[0][:4]
    precision = keras.config.dtype_policy()
    layout = keras.config.image_data_format()
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        keras.config.set_image_data_format("channels_first")
        pool = module.fashion_mnist()(images).pool
    finally:
        keras.config.set_dtype_policy(precision)
        keras.config.set_image_data_format(layout)
    np.testing.assert_allclose(pool, extractor(images).pool, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 64])
def test_takes_any_size_grey_or_rgb(extractor, size, channels):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (3, size, size, channels), np.uint8)
    features = extractor(images)
    assert features.pool.shape == (3, 128)
    assert features.logits.shape == (3, 10)
    # Pillow itself, image by image.
    grey = [Image.fromarray(x.squeeze()).convert("L") for x in images]
    pillow = [x.resize((32, 32), Image.Resampling.BICUBIC) for x in grey]
    assert np.array_equal(module.prepare(images)[..., 0], np.stack(pillow))


def test_grey_as_rgb_is_grey(extractor, clothes):
    images = clothes[0][:4]
    as_rgb = np.repeat(images, 3, axis=-1)
    assert np.array_equal(module.prepare(images), module.prepare(as_rgb))
    assert np.array_equal(extractor(images).pool, extractor(as_rgb).pool)


def test_sizes_as_the_pipelines_resize(clothes):
    dataset = pipelines.images(clothes[0][:8], 32, batch_size=8, shuffle=False)
    resized = next(iter(dataset))
    resized = np.rint((np.asarray(resized) + 1) * 127.5).astype(np.uint8)
    assert np.array_equal(module.prepare(clothes[0][:8]), resized)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 32, 32, 1), np.float32),
        np.zeros((2, 32, 32, 1), np.int64),
        np.zeros((2, 32, 32), np.uint8),
        np.zeros((2, 32, 32, 2), np.uint8),
        np.zeros((2, 1, 32, 32), np.uint8),
        np.zeros((0, 32, 32, 1), np.uint8),
        np.zeros((2, 0, 32, 1), np.uint8),
    ],
    ids=lambda images: f"{images.dtype}-{images.shape}",
)
def test_other_images_are_an_error(extractor, images):
    with pytest.raises(ValueError, match=r"`images` must be uint8.*Received:"):
        extractor(images)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Puts a copy of the shipped files in their place."""
    for name in ("WEIGHTS", "METADATA"):
        path = shutil.copy(getattr(module, name), tmp_path)
        monkeypatch.setattr(module, name, pathlib.Path(path))


@pytest.mark.usefixtures("copied")
def test_changed_weights_are_an_error():
    content = bytearray(module.WEIGHTS.read_bytes())
    content[len(content) // 2] ^= 1
    module.WEIGHTS.write_bytes(content)
    with pytest.raises(ValueError, match=r"not those that were.*Received:"):
        module.fashion_mnist()


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize("name", ["WEIGHTS", "METADATA"])
def test_missing_files_are_an_error(name):
    getattr(module, name).unlink()
    with pytest.raises(FileNotFoundError, match="Received: no file"):
        module.fashion_mnist()


@pytest.mark.usefixtures("copied")
def test_version_names_the_weights(extractor):
    before = extractor.version
    module.fashion_mnist().network.save_weights(module.WEIGHTS)
    with h5py.File(module.WEIGHTS, "a") as file:
        file["layers/dense/vars/1"][...] = 0
    facts = json.loads(module.METADATA.read_text())
    facts["sha256"] = file_sha256(module.WEIGHTS)
    module.METADATA.write_text(json.dumps(facts))
    assert module.fashion_mnist().version != before


def test_found_by_name(extractor):
    found = get_extractor("fashion_mnist", batch_size=5)
    assert isinstance(found, FeatureExtractor)
    assert (found.name, found.batch_size) == ("fashion_mnist", 5)
    assert found.version == extractor.version


def test_augmented_batches_repeat_and_keep_the_clothes(clothes):
    images, labels = module.prepare(clothes[0]), clothes[1]
    one, other = (training.Batches(images, labels, seed=1) for _ in range(2))
    for got, expected in zip(one[2], other[2], strict=True):
        assert np.array_equal(got, expected)
    one.on_epoch_begin()
    assert not np.array_equal(one[2][0], other[2][0])
    # A flip or a shift moves what is inside of the margin, and changes none.
    square = np.zeros((64, 32, 32, 1), np.uint8)
    square[:, 10:20, 8:14] = 200
    moved = training.augment(square, np.random.default_rng(0))
    assert moved.dtype == np.float32
    assert (moved.sum(axis=(1, 2, 3)) == 200 * 60).all()
    tops = (moved > 0).any(axis=(2, 3)).argmax(axis=1)
    lefts = (moved > 0).any(axis=(1, 3)).argmax(axis=1)
    assert set(tops) == set(range(8, 13))
    assert set(lefts) == set(range(6, 11)) | set(range(16, 21))


def test_learning_rate_rises_and_falls():
    rate = OneCycle(peak=2.0, steps=100, warm_up=0.2)
    rates = [float(rate(step)) for step in range(100)]
    assert rates[9] == pytest.approx(1.0)
    assert max(rates) == pytest.approx(2.0)
    assert rates[60] == pytest.approx(1.0)
    assert rates[-1] < 0.001
