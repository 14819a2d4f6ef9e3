"""Several devices, and several processes, where they need care."""

import keras
import numpy as np
import pytest
from support.harness import run
from support.tiny_gan import TinyGAN

BACKEND = keras.backend.backend()


@pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution is JAX's")
def test_devices_that_share_batches():
    """Of any number of images; another process, which has the devices."""
    code, _, err = run("-m", "support.data_parallel_worker")
    assert code == 0, err


@pytest.mark.skipif(BACKEND != "torch", reason="others can share a training")
def test_several_processes_are_refused(monkeypatch):
    model = TinyGAN()
    model.compile()
    images = np.zeros((2, 3), "float32")
    monkeypatch.setenv("WORLD_SIZE", "2")
    model.fit(images, verbose=0)  # A cluster's variable, not torchrun's.
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    with pytest.raises(RuntimeError, match="Received: 2 processes"):
        model.fit(images, verbose=0)
    monkeypatch.setenv("WORLD_SIZE", "1")
    model.fit(images, verbose=0)
