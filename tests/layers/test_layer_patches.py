"""Patches as channels, and back."""

import numpy as np
import pytest
from keras import ops
from support.derivatives import to_numpy

from zoo.layers import DepthToSpace, PixelShuffle, SpaceToDepth


def test_patches_are_folded():
    """A map of half the size with four times the channels."""
    x = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)
    expected = np.concatenate(
        [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1
    )
    np.testing.assert_array_equal(to_numpy(SpaceToDepth(2)(x)), expected)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_each_undoes_the_other(size):
    x = np.random.default_rng(0).standard_normal((2, 6, 12, 9 * 4))
    x = ops.array(x, "float32")
    fold, unfold = SpaceToDepth(size), DepthToSpace(size)
    np.testing.assert_array_equal(to_numpy(unfold(fold(x))), to_numpy(x))
    np.testing.assert_array_equal(to_numpy(fold(unfold(x))), to_numpy(x))
    shape = unfold.compute_output_shape((None, 6, 12, 36))
    assert fold.compute_output_shape(shape) == (None, 6, 12, 36)


def test_one_channel_is_shuffled_as_pytorch_does():
    """With more of them, PyTorch's order of channels is another."""
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 8))
    x = ops.array(x, "float32")
    one = x[..., :4]
    np.testing.assert_array_equal(
        to_numpy(DepthToSpace(2)(one)), to_numpy(PixelShuffle(2)(one))
    )
    two = [to_numpy(layer(2)(x)) for layer in (DepthToSpace, PixelShuffle)]
    assert two[0].shape == two[1].shape
    assert (two[0] != two[1]).any()
