"""Images as metrics take them, in whatever they come."""

import numpy as np
import pytest
from support.harness import random_images
from support.quadrants import plain_images

from zoo.metrics.image_batches import fingerprint, first_batches, uint8_batches
from zoo.utils.grids import to_uint8


def test_arrays_come_in_batches_as_files_hold_them():
    images = random_images(300)
    batches = list(uint8_batches(images))
    assert [(len(x), labels) for x, labels in batches] == [
        (256, None),
        (44, None),
    ]
    joined = np.concatenate([x for x, _ in batches])
    np.testing.assert_array_equal(joined, to_uint8(images))


def test_batches_and_labels():
    images = plain_images(1, 2, 3)
    pairs = list(uint8_batches([(images, [7, 8, 9]), images[:1]]))
    np.testing.assert_array_equal(pairs[0][0], images)
    assert pairs[0][1].tolist() == [7, 8, 9]
    assert pairs[1][1] is None


def test_the_first_images():
    images = plain_images(*range(6))
    batches = [(images[:4], np.arange(4)), (images[4:], np.arange(4, 6))]
    found = list(first_batches(batches, 5))
    assert [labels.tolist() for _, labels in found] == [[0, 1, 2, 3], [4]]
    assert [x[:, 0, 0, 0].tolist() for x, _ in found] == [[0, 1, 2, 3], [4]]

    def endless():
        while True:
            yield images

    assert [len(x) for x, _ in first_batches(endless(), 12)] == [6, 6]
    with pytest.raises(ValueError, match=r"7 images. Received: 6"):
        list(first_batches(batches, 7))


def test_fingerprints_know_images_and_not_their_batches():
    images = random_images(20, 1)
    assert fingerprint(images) == fingerprint(np.array_split(images, 7))
    assert fingerprint(images) == fingerprint(to_uint8(images))
    assert fingerprint(images) != fingerprint(images[::-1])
    assert fingerprint(images) != fingerprint(images.reshape(5, 32, 32, 1))
    with pytest.raises(ValueError, match="holds no images"):
        fingerprint(np.zeros((0, 16, 16, 1), "uint8"))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((4, 16, 16)), "shape"),
        (np.full((4, 16, 16, 1), 1.5), "in \\[-1, 1\\]"),
        (np.full((4, 16, 16, 1), np.nan), "in \\[-1, 1\\]"),
        (np.zeros((4, 16, 16, 1), "int32"), "dtype=int32"),
    ],
)
def test_other_images_are_an_error(images, message):
    with pytest.raises(ValueError, match=message):
        list(uint8_batches(images))
