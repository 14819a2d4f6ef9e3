"""What is read of a set of images: only what some metric needs."""

import numpy as np
import pytest
from support.quadrants import Quadrants, plain_images

from zoo.metrics import FeatureSet
from zoo.metrics.features import get_extractor


def feature_set(*needs, **arguments):
    return FeatureSet(get_extractor(Quadrants()), needs, **arguments)


def filled(made, sizes=(3, 2)):
    images, labels = plain_images(0, 51, 255, 255, 204), [0, 1, 1, 1, 0]
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        part = slice(end - size, end)
        made.update(images[part], np.array(labels[part]))
    return made


def test_moments_are_always_there():
    made = filled(feature_set())
    assert made.count == made.moments.count == 5
    mean = (0 + 0.2 + 1 + 1 + 0.8) / 5
    np.testing.assert_allclose(made.moments.mean, [mean] * 4, rtol=1e-6)
    assert made.predictions == []
    assert made.asked.size == 0
    with pytest.raises(ValueError, match=r"needs=\{'features'\}. Received"):
        _ = made.features


def test_features_classes_and_labels():
    made = filled(feature_set("features", "classes", "labels"))
    column = np.float32([0, 0.2, 1, 1, 0.8])
    np.testing.assert_array_equal(made.features, np.stack([column] * 4, 1))
    made.update(plain_images(0), np.array([1]))  # After they were read.
    assert made.features.shape == (6, 4)
    assert made.found.tolist() == [0, 0, 1, 1, 1, 0]
    assert made.asked.tolist() == [0, 1, 1, 1, 0, 1]
    assert made.classes == 2


@pytest.mark.parametrize("sizes", [(5,), (3, 2), (1, 4), (2, 2, 1)])
def test_predictions_in_splits(sizes):
    made = filled(feature_set("classes", splits=2, count=5), sizes)
    # Two and three images; splits are rounded down.
    assert [part.count for part in made.predictions] == [2, 3]
    # The first two are surely dark, the others surely bright.
    scores = [part.score for part in made.predictions]
    assert scores == pytest.approx([1, 1], abs=1e-3)
    (whole,) = filled(feature_set("classes"), sizes).predictions
    # exp(H(2/5)), since each image is sure.
    entropy = -(0.4 * np.log(0.4) + 0.6 * np.log(0.6))
    assert whole.score == pytest.approx(np.exp(entropy), rel=1e-3)


def test_what_is_needed_and_missing():
    with pytest.raises(ValueError, match=r"labels. Received: no labels"):
        feature_set("labels").update(plain_images(0))

    def means(images):
        return images.mean(axis=(1, 2)) / 255

    made = FeatureSet(get_extractor(means), {"classes"})
    with pytest.raises(ValueError, match=r"classes. Received: features='means"):
        made.update(plain_images(0))
    made = FeatureSet(get_extractor(means))
    made.update(plain_images(0, 255))
    assert (made.classes, made.found.size) == (None, 0)
