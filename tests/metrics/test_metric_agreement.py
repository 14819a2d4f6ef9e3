"""Agreement of the labels asked for with the classes found."""

import numpy as np
import pytest
from support.harness import random_images
from support.quadrants import Quadrants, plain_images

from zoo.metrics import Evaluator, agreement


def test_by_hand():
    images = plain_images(*[10] * 4, *[240] * 4)
    batches = [(images[:5], [0, 0, 0, 1, 1]), (images[5:], [1, 1, 0])]
    judge = Evaluator(["agreement"], Quadrants(), count=8)
    # The fourth of the dark and the last of the bright were asked for wrongly.
    assert judge.of_images(batches) == {"agreement_quadrants_8": 6 / 8}
    made = Evaluator(["agreement"], Quadrants(), count=6).features_of(batches)
    assert made.asked.tolist() == [0, 0, 0, 1, 1, 1]
    assert made.found.tolist() == [0, 0, 0, 0, 1, 1]


def test_needs_labels():
    judge = Evaluator(["agreement"], Quadrants(), count=10)
    with pytest.raises(ValueError, match="Received: no labels"):
        judge.of_images(random_images(10))


@pytest.mark.parametrize(("asked", "found"), [([0, 1], [0]), ([], [])])
def test_of_the_same_images(asked, found):
    with pytest.raises(ValueError, match=r"same images. Received: shapes"):
        agreement(np.array(asked), np.array(found))
