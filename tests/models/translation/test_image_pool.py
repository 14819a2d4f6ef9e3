"""The pool of past images beside the same rule in plain Python."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.backend.seeds import SeedGenerator
from zoo.models.translation.image_pool import ImagePool


class PlainPool:
    """The rule, one image after another, with the same draws."""

    def __init__(self, size, seed):
        self.size = size
        self.images = []
        self.seeds = SeedGenerator(seed)

    def query(self, images):
        slots = keras.random.randint(
            (len(images),), 0, self.size, seed=self.seeds
        )
        swaps = keras.random.uniform((len(images),), seed=self.seeds)
        slots, swaps = map(ops.convert_to_numpy, (slots, swaps))
        shown = []
        for image, slot, swap in zip(images, slots, swaps, strict=True):
            if len(self.images) < self.size:
                self.images.append(image)
                shown.append(image)
            elif swap < 0.5:
                shown.append(self.images[slot])
                self.images[slot] = image
            else:
                shown.append(image)
        return np.stack(shown)


def numbered(start, count):
    """Returns images that are each one number."""
    values = np.arange(start, start + count, dtype="float32")
    return np.broadcast_to(values[:, None, None, None], (count, 2, 2, 1))


def test_exchanges_images_by_the_rule():
    pool, plain = ImagePool(4, (2, 2, 1), seed=1), PlainPool(4, seed=1)
    past = 0
    for start in range(0, 45, 3):  # Full within the second batch.
        images = numbered(start, 3)
        shown = ops.convert_to_numpy(pool.query(ops.array(images)))
        np.testing.assert_array_equal(shown, plain.query(images))
        past += (shown[:, 0, 0, 0] < start).sum()
    kept = ops.convert_to_numpy(pool.images)
    np.testing.assert_array_equal(kept, np.stack(plain.images))
    assert int(ops.convert_to_numpy(pool.count)) == 4
    assert 10 < past < 31  # Of 41, after the pool was full; half expected.


def test_no_pool_shows_what_is_new():
    images = ops.array(numbered(1, 2))
    assert ImagePool(0, (2, 2, 1)).query(images) is images


def test_is_made_again_from_its_config():
    pool = ImagePool(3, (2, 2, 1), seed=5)
    same = ImagePool.from_config(pool.get_config())
    assert same.get_config() == pool.get_config()


@pytest.mark.parametrize("size", [-1, 1.5, True])
def test_size_errors(size):
    with pytest.raises(ValueError, match=r"`size`.*Received"):
        ImagePool(size, (2, 2, 1))
