"""Fixtures of all tests. The backend is the one that KERAS_BACKEND names."""

import keras
import pytest


@pytest.fixture(autouse=True)
def _seed():
    """Each test draws the same numbers, alone or among others."""
    keras.utils.set_random_seed(0)
