"""Other frameworks' checkpoints: read and converted without them."""

from zoo.converters.checkpoint import read_checkpoint
from zoo.converters.dcgan import convert_pytorch_dcgan
from zoo.converters.diffusers import convert_diffusers
from zoo.converters.errors import CheckpointError
from zoo.converters.mapping import ConversionReport
from zoo.converters.pytorch_checkpoint import read_pytorch_checkpoint
from zoo.converters.registry import convert, register_converter
from zoo.converters.safetensors import read_safetensors

__all__ = [
    "CheckpointError",
    "ConversionReport",
    "convert",
    "convert_diffusers",
    "convert_pytorch_dcgan",
    "read_checkpoint",
    "read_pytorch_checkpoint",
    "read_safetensors",
    "register_converter",
]
