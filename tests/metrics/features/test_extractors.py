"""Feature extractors by name, by model, by function."""

import keras
import numpy as np
import pytest

from zoo.metrics.features import FeatureExtractor, Features, get_extractor


def images(count=5, channels=3, size=4):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, channels), "uint8")


def mean_network(channels=3, outputs=1):
    inputs = keras.Input((None, None, channels))
    pool = keras.layers.GlobalAveragePooling2D()(inputs)
    return keras.Model(inputs, [pool] * outputs if outputs > 1 else pool)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 8])
def test_last_batch_is_filled_up_and_cut_again(batch_size):
    extractor = get_extractor(mean_network(), batch_size=batch_size)
    features = extractor(images())
    np.testing.assert_allclose(features.pool, images().mean((1, 2)), rtol=1e-5)
    assert features.logits is None


def test_images_of_several_sizes():
    extractor = get_extractor(mean_network(), batch_size=2)
    for size in (4, 6, 4):
        np.testing.assert_allclose(
            extractor(images(size=size)).pool,
            images(size=size).mean((1, 2)),
            rtol=1e-5,
        )


def test_logits_of_lists_and_dicts():
    pair = get_extractor(mean_network(outputs=2))(images())
    np.testing.assert_array_equal(pair.pool, pair.logits)
    network = mean_network()
    named = keras.Model(
        network.input, {"pool": network.output, "logits": network.output * 2}
    )
    features = get_extractor(named)(images())
    np.testing.assert_array_equal(2 * features.pool, features.logits)


def test_grey_images_are_repeated():
    extractor = FeatureExtractor("mean", "1", mean_network(), channels=3)
    pool = extractor(images(channels=1)).pool
    mean = images(channels=1).mean((1, 2))
    np.testing.assert_allclose(pool, np.repeat(mean, 3, 1), rtol=1e-5)


def test_float32_under_any_policy():
    network = mean_network()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        pool = get_extractor(network)(images()).pool
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(pool, images().mean((1, 2)), rtol=1e-6)


def test_version_follows_the_weights():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    first = get_extractor(network)
    assert first.version == get_extractor(network).version
    assert first.name == network.name
    network.layers[0].set_weights([np.ones((2, 2)), np.ones(2)])
    assert first.version != get_extractor(network).version


def test_functions():
    def corners(batch):
        return batch[:, 0, 0].astype("float64")

    extractor = get_extractor(corners)
    features = extractor(images())
    np.testing.assert_array_equal(features.pool, images()[:, 0, 0])
    assert features.pool.dtype == np.float32
    assert (extractor.name, extractor.version) == ("corners", "custom")
    assert get_extractor(extractor) is extractor
    pair = get_extractor(lambda x: Features(x[:, 0, 0], x[:, 1, 1]))(images())
    np.testing.assert_array_equal(pair.logits, images()[:, 1, 1])


def test_functions_with_wrong_results():
    with pytest.raises(ValueError, match=r"shape.*Received: .*\(5, 4, 4, 3\)"):
        get_extractor(lambda x: x)(images())
    with pytest.raises(ValueError, match="one row per image"):
        get_extractor(lambda x: x[:2, 0, 0])(images())
    with pytest.raises(ValueError, match="numbers"):
        get_extractor(lambda x: {"features": x})(images())


@pytest.mark.parametrize(
    "wrong",
    [
        images().astype("float32"),
        images()[0],
        images()[:0],
        images(channels=2),
        images(channels=4),
    ],
)
def test_wrong_images(wrong):
    for extractor in (mean_network(), lambda x: x[:, 0, 0]):
        with pytest.raises(ValueError, match=r"`images` must be uint8.*dtype="):
            get_extractor(extractor)(wrong)


def test_unknown_names():
    with pytest.raises(ValueError, match="Did you mean 'inception'"):
        get_extractor("inceptoin")
    with pytest.raises(ValueError, match=r"fashion_mnist.*Received: .*3"):
        get_extractor(3)
