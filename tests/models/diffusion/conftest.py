"""Models that the tests of sampling share."""

import pytest
from support.optimal_denoiser import gaussian_per_label, one_image_per_label


@pytest.fixture
def by_label():
    return one_image_per_label()


@pytest.fixture
def about_label():
    return gaussian_per_label()
