"""Fixtures of all tests. The backend is the one that KERAS_BACKEND names."""

import os

# The same tiny models are compiled in many tests: JAX keeps what XLA made.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", ".pytest_cache/jax")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

# One process of tests per core: threads of PyTorch's would wait on each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import pytest


@pytest.fixture(autouse=True)
def _seed():
    """Each test draws the same numbers, alone or among others."""
    keras.utils.set_random_seed(0)
