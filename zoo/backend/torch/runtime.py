"""What PyTorch and Keras on it can do, and how they are told to."""

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


def sync_state(model: keras.Model) -> None:
    """Makes the model's variables hold their newest values."""


def enable_determinism() -> None:
    """Makes every operation give the same bits on the same device."""
    torch.use_deterministic_algorithms(True)
