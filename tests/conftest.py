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

# What is cached goes beside, and not to the home of who runs the tests.
os.environ.setdefault("KERAS_HOME", os.path.abspath(".pytest_cache/keras"))

# One process of tests per core: threads of PyTorch's would wait on each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import pytest


def pytest_collection_modifyitems(config, items):
    """Picks the tests of this run, and their order.

    Those marked `backend_free` are left to TensorFlow's run, unless `-m` asks
    for them. Those of the contract come first, then files beside this one: they
    take longest, and one process would wait for the other's at the end.
    """
    asked = "backend_free" in config.option.markexpr
    if not asked and keras.backend.backend() != "tensorflow":
        free = {x for x in items if x.get_closest_marker("backend_free")}
        items[:] = [x for x in items if x not in free]
        config.hook.pytest_deselected(items=list(free))
    first = [config.rootpath / x for x in ("tests/contract", "tests")]
    items.sort(
        key=lambda item: (*first, item.path.parent).index(item.path.parent)
    )


@pytest.fixture(autouse=True)
def _seed():
    """Each test draws the same numbers, alone or among others."""
    keras.utils.set_random_seed(0)
