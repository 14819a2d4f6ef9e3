"""Writing presets, and uploading them."""

import datetime
import json
import math
import os
import pathlib
import shutil
from typing import Any

import keras
import numpy as np

from zoo.engine.finite import check_finite
from zoo.engine.generative_model import GenerativeModel
from zoo.registry.card import write_card
from zoo.registry.configs import config_of
from zoo.registry.downloads import record_of
from zoo.registry.errors import PresetNotFoundError
from zoo.registry.handles import Directory, require, split_hugging_face
from zoo.registry.metadata import (
    CARD,
    CONFIG,
    INPUTS,
    METADATA,
    SAMPLES,
    TRAINING_WEIGHTS,
    WEIGHTS,
    Metadata,
)
from zoo.registry.preset import (
    Preset,
    network_names,
    networks_to_generate,
    networks_to_train,
)
from zoo.registry.weights import save_networks
from zoo.utils.files import output_directory, replacing_directory
from zoo.utils.grids import from_uint8, image_grid, save_picture, to_uint8
from zoo.utils.public_text import without_folders
from zoo.version import __version__

SAMPLES_SEED = 0
SAMPLES_COLUMNS = 8


def save_to_preset(
    model: GenerativeModel,
    directory: str | os.PathLike,
    *,
    name: str | None = None,
    description: str = "",
    for_training: bool = True,
    half_precision: bool = False,
    samples: int | None = None,
    inputs: np.ndarray | None = None,
    data: dict[str, str] | None = None,
    training: dict[str, Any] | None = None,
    metrics: dict[str, dict[str, Any]] | None = None,
    source: str = "trained here",
    files: tuple[str | os.PathLike, ...] = (),
) -> pathlib.Path:
    """Writes a preset; see `zoo.GenerativeModel.save_to_preset`."""
    check_finite(model)
    target = pathlib.Path(directory).expanduser()
    if samples is None:
        samples = SAMPLES_COLUMNS * model.grid_rows
        if inputs is not None:
            samples = min(samples, len(inputs))
    output_directory(target.absolute().parent)
    _check_replaceable(target)
    with replacing_directory(target) as made:
        _write_json(made / CONFIG, config_of(model))
        networks = networks_to_generate(model)
        save_networks(networks, made / WEIGHTS, half_precision)
        if for_training and (networks := networks_to_train(model)):
            save_networks(networks, made / TRAINING_WEIGHTS, half_precision)
        if samples:
            if inputs is not None:
                pixels = to_uint8(inputs[:samples])
                np.savez_compressed(made / INPUTS, images=pixels)
                inputs = from_uint8(pixels)
            images = model.pictures(samples, SAMPLES_SEED, inputs)
            grid = image_grid(images, SAMPLES_COLUMNS)
            save_picture(grid, made / SAMPLES)
        for file in files:
            shutil.copy(file, made)
        metadata = Metadata(
            name=name or target.name,
            model=keras.saving.get_registered_name(type(model)),
            description=description,
            parameters=parameters_of(model),
            files={},
            images={
                "shape": list(model.image_shape),
                "range": list(model.image_range),
            },
            data=without_folders(data or {}),
            training=without_folders(training or {}),
            metrics=without_folders(metrics or {}),
            samples=_samples(samples),
            versions=_versions(),
            date=datetime.date.today().isoformat(),
            source=without_folders(source),
        )
        write_card(metadata, model.usage, made / CARD)
        for path in sorted(made.iterdir()):
            metadata.files[path.name] = record_of(path)
        (made / METADATA).write_text(metadata.to_json())
    return target


def parameters_of(model: GenerativeModel) -> dict[str, int]:
    """Returns the number of trainable parameters of each network."""
    return {
        name: sum(
            math.prod(v.shape) for v in getattr(model, name).trainable_variables
        )
        for name in network_names(model)
    }


def upload_preset(handle: str, directory: str | os.PathLike) -> str:
    """Uploads a preset, once it has been verified.

    Args:
        handle: `hf://user/name`: the repository, which is made if need be.
            The client's own login is used (`hf auth login`, `HF_TOKEN`).
        directory: What `save_to_preset` wrote.

    Returns:
        Address of the upload.

    Raises:
        PresetError: The handle is not one of the hub, or the directory holds
            no preset or a damaged one.
        ImportError: `huggingface_hub` is not installed.
    """
    if not handle.startswith("hf://"):
        raise PresetNotFoundError(
            f"Presets are uploaded to hf://user/name. Received: {handle!r}"
        )
    repository, revision = split_hugging_face(handle)
    preset = Preset(Directory(os.fspath(directory)))
    preset.verify()
    hub = require("huggingface_hub")
    hub.create_repo(repository, exist_ok=True)
    commit = hub.upload_folder(
        repo_id=repository,
        folder_path=os.fspath(directory),
        allow_patterns=[METADATA, *preset.metadata.files],
        revision=revision,
        commit_message=f"Upload the preset {preset.metadata.name}",
    )
    return str(commit)


def _samples(count):
    if not count:
        return {}
    return {"seed": SAMPLES_SEED, "count": count, "columns": SAMPLES_COLUMNS}


def _versions():
    return {
        "zoo": __version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def _check_replaceable(target):
    """Makes sure that only an earlier preset would be replaced."""
    if not target.exists():
        return
    foreign = not target.is_dir() or any(target.iterdir())
    if foreign and not (target / METADATA).is_file():
        raise FileExistsError(
            "Expected a new directory, an empty one, or one of an earlier "
            f"preset. Received: {str(target)!r}"
        )
