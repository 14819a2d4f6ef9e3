"""Reading checkpoints of other frameworks without those frameworks."""

from zoo.converters.pytorch_checkpoint import read_pytorch_checkpoint
from zoo.converters.tensor_records import CheckpointError

__all__ = ["CheckpointError", "read_pytorch_checkpoint"]
