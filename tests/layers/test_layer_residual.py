"""Residual blocks: where they start, and what they are told."""

import numpy as np
from support.derivatives import to_numpy

from zoo.layers import ResidualBlock


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def test_blocks_start_as_their_shortcuts():
    x, embedding = noise(1, 4, 4, 4), noise(1, 8)
    same = ResidualBlock(4, groups=2)
    np.testing.assert_allclose(to_numpy(same(x, embedding)), x, atol=1e-3)
    wider = ResidualBlock(6, groups=2)
    y = to_numpy(wider(x, embedding))
    np.testing.assert_allclose(
        y, x @ to_numpy(wider.shortcut.kernel), atol=1e-3, rtol=1e-3
    )


def test_embedding_is_added_before_the_second_normalization():
    """A constant in all channels of a group is normalized away again."""
    block = ResidualBlock(4, groups=1)
    x, embedding = noise(1, 4, 4, 4), noise(2, 8)
    block.build(x.shape, embedding.shape)
    block.conv_2.kernel.assign(noise(3, 3, 4, 4))
    block.time.kernel.assign(np.ones((8, 4)))
    made = [to_numpy(block(x, e[None])) for e in embedding]
    np.testing.assert_allclose(made[0], made[1], atol=1e-4)
    assert np.abs(made[0] - x).max() > 0.1
    block.time.kernel.assign(noise(8, 4))
    made = [to_numpy(block(x, e[None])) for e in embedding]
    assert np.abs(made[0] - made[1]).max() > 1e-2
