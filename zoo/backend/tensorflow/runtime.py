"""What TensorFlow and Keras on it can do, and how they are told to."""

from typing import Any

import keras
import tensorflow as tf

UNSUPPORTED: dict[str, str] = {}
EXPORTS = {"savedmodel": (), "onnx": ("tf2onnx", "onnx")}


def replica_id() -> int:
    """Index of this replica in the step, 0 outside a strategy."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def replica_count() -> int:
    """Number of replicas whose gradients are summed."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def batch_devices() -> int:
    """Number of devices that need equal shares of a batch: any will do."""
    return 1


def writes_files() -> bool:
    """Returns whether it is for this process to write: Keras asks all to."""
    return True


def join() -> None:
    """Nothing to do: what starts the processes joins them."""


def begin(model: keras.Model) -> None:
    """Nothing to do: strategies of `tf.distribute` span processes."""


def agreed(terms: Any) -> Any:
    """Returns scalars as they are: Keras' metrics know of replicas."""
    return terms


def sync_state(model: keras.Model) -> None:
    """Makes the model's variables hold their newest values."""


def enable_determinism() -> None:
    """Makes every operation give the same bits on the same device."""
    tf.config.experimental.enable_op_determinism()
