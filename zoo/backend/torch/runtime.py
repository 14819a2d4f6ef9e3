"""What PyTorch and Keras on it can do, and how they are told to."""

import os

import keras
import torch

UNSUPPORTED = {
    "jit_compile": "torch.compile does not support the double backward of "
    "gradient penalties and is slower than eager mode on alternating steps",
    "steps_per_execution": "Keras runs one step per execution on PyTorch",
}
EXPORTS = {"onnx": ("onnx",)}


def replica_id() -> int:
    """Index of this replica: 0."""
    return 0


def replica_count() -> int:
    """Number of replicas whose gradients are summed: 1."""
    return 1


def batch_devices() -> int:
    """Number of devices that need equal shares of a batch: 1."""
    return 1


def check_processes() -> None:
    """Raises an error in one of several processes.

    Each would train a model of its own: nothing exchanges gradients.

    Raises:
        RuntimeError: `torchrun`, or a process group, of several processes.
    """
    processes = 1
    if "TORCHELASTIC_RUN_ID" in os.environ:
        processes = int(os.environ.get("WORLD_SIZE", 1))
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        processes = distributed.get_world_size()
    if processes > 1:
        raise RuntimeError(
            "Training in several PyTorch processes is not supported: each "
            "would train a model of its own. Start one process, or use the "
            "JAX backend with `keras.distribution` or the TensorFlow backend "
            f"with `tf.distribute`. Received: {processes} processes"
        )


def sync_state(model: keras.Model) -> None:
    """Makes the model's variables hold their newest values."""


def enable_determinism() -> None:
    """Makes every operation give the same bits on the same device."""
    torch.use_deterministic_algorithms(True)
