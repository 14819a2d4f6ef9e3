"""Normalization by groups of channels, and by small batches, in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo import backend
from zoo.layers import GroupNormalization, SmallBatchNormalization


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_group_normalization_by_hand(dtype):
    """Also of an offset that sums in bfloat16 would not survive."""
    x = 3 + noise(2, 4, 5, 6)
    if dtype != "float32":
        x = to_numpy(ops.cast(x, "bfloat16")).astype("float32")
    layer = GroupNormalization(4, 1e-6, dtype=dtype)  # gcd(4, 6) = 2 groups.
    layer.build(x.shape)
    gamma, beta = noise(6), noise(6) + 1
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    groups = x.reshape(2, 20, 2, 3).astype("float64")
    mean = groups.mean((1, 3), keepdims=True)
    variance = groups.var((1, 3), keepdims=True)
    expected = ((groups - mean) / np.sqrt(variance + 1e-6)).reshape(x.shape)
    np.testing.assert_allclose(
        to_numpy(ops.cast(layer(x), "float32")),
        expected * gamma + beta,
        atol=2e-5 if dtype == "float32" else 0.05,
    )


@pytest.mark.parametrize(
    ("groups", "channels", "expected"), [(32, 8, 8), (4, 6, 2), (4, 5, 1)]
)
def test_groups_are_the_greatest_common_divisor(groups, channels, expected):
    layer = GroupNormalization(groups)
    layer.build((None, 4, 4, channels))
    assert layer.groups == expected


def test_group_normalization_like_keras_with_gradients():
    x = 1 + 2 * noise(2, 4, 5, 6)
    results = []
    for cls in (GroupNormalization, keras.layers.GroupNormalization):
        layer = cls(groups=2, epsilon=1e-5)
        layer.build(x.shape)
        recording = backend.record(
            layer, layer.trainable_variables, [ops.array(x)]
        )
        cotangent = np.cos(np.arange(x.size)).reshape(x.shape)
        gradients = recording.pullback(ops.array(cotangent, "float32"))
        results.append([recording.outputs, *gradients])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(to_numpy(one), to_numpy(other), atol=2e-5)


def by(x, axes):
    """Normalizes by the moments over some axes."""
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-3)


@pytest.mark.parametrize("statistics", ["auto", "image", "moving"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_small_batches_after_training(batch_size, statistics):
    """`auto` takes an image's own statistics if no batch was larger."""
    x = 2 + noise(3, 4, 5, 2)
    layer = SmallBatchNormalization(statistics, momentum=0.0)
    seen = x[:batch_size]
    trained = to_numpy(layer(ops.array(seen), training=True))
    np.testing.assert_allclose(trained, by(seen, (0, 1, 2)), atol=1e-5)
    made = to_numpy(layer(ops.array(x), training=False))
    if statistics == "image" or (statistics == "auto" and batch_size == 1):
        expected = by(x, (1, 2))
    else:  # With no momentum, moving averages are the last batch's.
        mean, variance = map(to_numpy, layer.non_trainable_variables[:2])
        np.testing.assert_allclose(mean, seen.mean((0, 1, 2)), atol=1e-5)
        expected = (x - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_a_last_batch_of_one_image_decides_nothing():
    """The largest batch does, and a copy of the weights knows of it."""
    x = 2 + noise(3, 4, 5, 2)
    layer, copy = SmallBatchNormalization(), SmallBatchNormalization("moving")
    for batch in (x, x[:1]):
        layer(ops.array(batch), training=True)
    copy.build(x.shape)
    copy.set_weights(layer.get_weights())
    made, expected = (
        to_numpy(each(ops.array(x), training=False)) for each in (layer, copy)
    )
    np.testing.assert_array_equal(made, expected)
    assert float(to_numpy(layer.batch_size)) == 3


def test_before_any_training_images_stand_alone():
    x = 2 + noise(3, 4, 5, 2)
    made = to_numpy(SmallBatchNormalization()(ops.array(x)))
    np.testing.assert_allclose(made, by(x, (1, 2)), atol=1e-5)


def test_unknown_statistics():
    with pytest.raises(ValueError, match=r"`statistics`.*Received"):
        SmallBatchNormalization("batch")
