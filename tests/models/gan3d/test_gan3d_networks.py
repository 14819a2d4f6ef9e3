"""3D-GAN's initial weights: fixed by the seed, and each layer's its own."""

from collections import Counter

import keras
import numpy as np
import pytest

from zoo.models.gan3d.networks import build_discriminator, build_generator


def build(kind):
    if kind == "generator":
        return build_generator(16, 4, 2)
    return build_discriminator(16, 2)


def initial_weights(kind, seed):
    keras.utils.set_random_seed(seed)
    return build(kind).get_weights()


def random_ones(weights):
    """Returns those that are drawn, and not all zeros or ones."""
    return [w for w in weights if len(np.unique(w)) > 1]


@pytest.mark.parametrize("kind", ["generator", "discriminator"])
def test_seed_fixes_the_initial_weights_of_every_layer(kind):
    """All of them by the seed that is set, however often networks are built."""
    first = initial_weights(kind, 0)
    build(kind)
    again, other = initial_weights(kind, 0), initial_weights(kind, 1)
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    drawn = random_ones(first)
    assert len(drawn) == 5  # Three kernels and two gammas.
    for one, another in zip(drawn, random_ones(other), strict=True):
        assert not np.array_equal(one, another)


def test_layers_of_one_shape_draw_other_weights():
    """The generator's and the discriminator's kernels mirror each other."""
    keras.utils.set_random_seed(0)
    networks = build("generator"), build("discriminator")
    drawn = [w for n in networks for w in random_ones(n.get_weights())]
    shapes = Counter(w.shape for w in drawn)
    assert max(shapes.values()) > 1
    for i, one in enumerate(drawn):
        for another in drawn[:i]:
            assert not np.array_equal(one.ravel(), another.ravel())
