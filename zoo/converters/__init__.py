"""Other frameworks' checkpoints: read and converted without them."""

from zoo.converters.checkpoint import read_checkpoint
from zoo.converters.errors import CheckpointError
from zoo.converters.mapping import ConversionReport
from zoo.converters.pytorch_checkpoint import read_pytorch_checkpoint
from zoo.converters.safetensors import read_safetensors

__all__ = [
    "CheckpointError",
    "ConversionReport",
    "read_checkpoint",
    "read_pytorch_checkpoint",
    "read_safetensors",
]
