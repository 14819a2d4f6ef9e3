"""Self-attention, in NumPy."""

import numpy as np
from support.derivatives import to_numpy

from zoo.layers import SelfAttention


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def test_attention_by_hand():
    x = noise(2, 2, 3, 4)
    layer = SelfAttention(heads=2, groups=2)
    layer.build(x.shape)
    layer.out.kernel.assign(noise(4, 4))
    normed = to_numpy(layer.norm(x)).reshape(2, 6, 4)
    kernel, bias = map(to_numpy, layer.project.weights)
    query, key, value = np.split(normed @ kernel + bias, 3, axis=-1)
    expected = []
    for head in (slice(0, 2), slice(2, 4)):
        scores = query[..., head] @ key[..., head].transpose(0, 2, 1)
        weights = np.exp(scores / np.sqrt(2))
        weights /= weights.sum(-1, keepdims=True)
        expected.append(weights @ value[..., head])
    expected = np.concatenate(expected, -1) @ noise(4, 4)
    np.testing.assert_allclose(
        to_numpy(layer(x)), x + expected.reshape(x.shape), atol=1e-5
    )


def test_starts_as_the_identity():
    x = noise(1, 3, 2, 4)
    np.testing.assert_allclose(
        to_numpy(SelfAttention(groups=2)(x)), x, atol=1e-4
    )
