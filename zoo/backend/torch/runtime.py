"""What PyTorch and Keras on it can do, and how they are told to."""

from typing import Any

import keras
import torch

from zoo.backend.torch import processes

UNSUPPORTED = {
    "jit_compile": "torch.compile does not support the double backward of "
    "gradient penalties and is slower than eager mode on alternating steps",
    "steps_per_execution": "Keras runs one step per execution on PyTorch",
}
EXPORTS = {"onnx": ("onnx",)}

processes.choose_device()  # Before Keras makes a variable.


def replica_id() -> int:
    """Index of this process among those that train together."""
    return processes.rank()


def replica_count() -> int:
    """Number of processes whose gradients are summed."""
    return processes.count()


def batch_devices() -> int:
    """Number of processes that need equal shares of a batch."""
    return processes.count()


def writes_files() -> bool:
    """Returns whether it is for this process to write what all have."""
    return processes.rank() == 0


def join() -> None:
    """Joins the other processes of `torchrun`, for who acts before `fit`."""
    processes.join()


def begin(model: keras.Model) -> None:
    """Makes all processes of `torchrun` begin with the same model."""
    processes.join()
    processes.begin(model)


def agreed(terms: Any) -> Any:
    """Returns the means of scalars over the processes."""
    return processes.mean(terms)


def sync_state(model: keras.Model) -> None:
    """Makes the model's variables hold their newest values."""


def enable_determinism() -> None:
    """Makes every operation give the same bits on the same device."""
    torch.use_deterministic_algorithms(True)
