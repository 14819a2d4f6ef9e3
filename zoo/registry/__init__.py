"""Pretrained weights: handles, verified files, models."""

from zoo.engine import presets
from zoo.engine.model_files import ModelFileError
from zoo.registry.catalog import (
    entries,
    list_presets,
    open_preset,
    register_preset,
)
from zoo.registry.errors import (
    DownloadError,
    PresetError,
    PresetFormatError,
    PresetIntegrityError,
    PresetNotFoundError,
    UnsafePresetError,
)
from zoo.registry.foreign import register_foreign_format
from zoo.registry.loading import load_model
from zoo.registry.metadata import Metadata
from zoo.registry.preset import Preset
from zoo.registry.saving import save_to_preset, upload_preset
from zoo.registry.store import Store

__all__ = [
    "DownloadError",
    "Metadata",
    "ModelFileError",
    "Preset",
    "PresetError",
    "PresetFormatError",
    "PresetIntegrityError",
    "PresetNotFoundError",
    "UnsafePresetError",
    "entries",
    "list_presets",
    "load_model",
    "open_preset",
    "register_foreign_format",
    "register_preset",
    "save_to_preset",
    "upload_preset",
]

presets.attach(Store())
