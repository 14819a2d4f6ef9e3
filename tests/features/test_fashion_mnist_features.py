import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import pipelines
from zoo.metrics.features import fashion_mnist as module

GOLDEN = pathlib.Path(__file__).parents[1] / "golden/fashion_mnist_features.npz"


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
        for got, name in zip(features, ("pool", "logits"), strict=True):
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, golden[name], rtol=0, atol=1e-4)


def test_same_features_in_batches_of_any_size(extractor, clothes):
    images = clothes[0][:301]
    together = extractor(images)
    apart = [extractor(part) for part in np.split(images, [1, 4, 300])]
    for whole, parts in zip(together, zip(*apart, strict=True), strict=True):
        np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-5)


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
    for grey, rgb in zip(extractor(images), extractor(as_rgb), strict=True):
        assert np.array_equal(grey, rgb)


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
    assert module.fashion_mnist().version == extractor.version
    assert extractor.name == "fashion_mnist"
