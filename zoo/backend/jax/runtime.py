"""What JAX and Keras on it can do, and how they are told to."""

from typing import Any

import keras

UNSUPPORTED: dict[str, str] = {}
EXPORTS = {"savedmodel": ("tensorflow",), "onnx": ("jax2onnx",)}


def replica_id() -> int:
    """Index of this replica: 0, since JAX's sharded step sees all data."""
    return 0


def replica_count() -> int:
    """Number of replicas whose gradients are summed: 1."""
    return 1


def batch_devices() -> int:
    """Number of devices that share a batch, by `keras.distribution`."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return 1
    mesh = distribution.device_mesh
    return mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)]


def writes_files() -> bool:
    """Returns whether it is for this process to write: Keras asks all to."""
    return True


def join() -> None:
    """Nothing to do: what starts the processes joins them."""


def begin(model: keras.Model) -> None:
    """Nothing to do: `keras.distribution` spans processes."""


def agreed(terms: Any) -> Any:
    """Returns scalars as they are: a step sees the whole batch."""
    return terms


def sync_state(model: keras.Model) -> None:
    """Makes the model's variables hold their newest values.

    During `fit` they live in the trainer's state between epochs' ends.
    """
    model.jax_state_sync()


def enable_determinism() -> None:
    """Nothing to do on CPU and TPU; on GPU, XLA_FLAGS must say so."""
