"""Several devices, and several processes, where they need care."""

import keras
import pytest
from support.harness import run

BACKEND = keras.backend.backend()


@pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution is JAX's")
def test_devices_that_share_batches():
    """Of any number of images; another process, which has the devices."""
    code, _, err = run("-m", "support.data_parallel_worker")
    assert code == 0, err
