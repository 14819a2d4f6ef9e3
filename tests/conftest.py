"""Fixtures of all tests. The backend is the one that KERAS_BACKEND names."""

import os

# Tests compile much and run it once: LLVM shall not optimize it at length.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

# The same tiny models are compiled in many tests and in processes that tests
# start, wherever those run: JAX keeps what XLA made.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", os.path.abspath(".pytest_cache/jax")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

# One process of tests per core: threads of PyTorch's would wait on each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import pytest


def pytest_collection_modifyitems(config, items):
    """Leaves what touches no backend to TensorFlow's run, or to be asked for.

    Files of tests carry `pytestmark = pytest.mark.backend_free`, and single
    tests the decorator.
    """
    asked = "backend_free" in config.option.markexpr
    if asked or keras.backend.backend() == "tensorflow":
        return
    free = [item for item in items if item.get_closest_marker("backend_free")]
    items[:] = [item for item in items if item not in set(free)]
    config.hook.pytest_deselected(items=free)


@pytest.fixture(autouse=True)
def _seed():
    """Each test draws the same numbers, alone or among others."""
    keras.utils.set_random_seed(0)
