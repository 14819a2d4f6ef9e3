"""From diffusers' unconditional pipelines and U-Nets to `zoo.Diffusion`.

https://huggingface.co/docs/diffusers/api/pipelines/ddpm: a directory that
`UNet2DModel.save_pretrained` or `DDPMPipeline.save_pretrained` wrote, or a
repository like it. Neither diffusers nor PyTorch need be installed.
"""

import dataclasses
import os
import pathlib
import warnings
from typing import Any

from zoo.converters.checkpoint import read_checkpoint, shard_names
from zoo.converters.diffusers_entries import unet_entries
from zoo.converters.diffusers_schedule import (
    LOST,
    sampling_notes,
    schedule_arguments,
)
from zoo.converters.diffusers_unet import DETAILS, unet_arguments
from zoo.converters.errors import CheckpointError, describe
from zoo.converters.mapping import ConversionReport, load_tensors
from zoo.converters.registry import register_converter
from zoo.converters.unwrapping import unwrapped
from zoo.models.diffusion.model import Diffusion
from zoo.registry.configs import build
from zoo.registry.errors import PresetError, PresetNotFoundError
from zoo.registry.foreign import register_foreign_format
from zoo.registry.handles import Directory, Source
from zoo.registry.json_files import read_json

PIPELINES = ("DDPMPipeline", "DDIMPipeline", "PNDMPipeline")
INDEX = "model_index.json"
WEIGHTS = tuple(
    f"diffusion_pytorch_model.{name}"
    for variant in ("", "fp16.", "bf16.")
    for kind in ("safetensors", "bin")
    for name in (
        f"{variant}{kind}",
        f"{kind}.{variant}index.json",
        *([f"{kind}.index.{variant}json"] if variant else []),
    )
)
"""Names of weights, the preferred first: whole numbers, then those of
`variant="fp16"`, whose index was named in two ways."""


def convert_diffusers(
    directory: str | os.PathLike,
) -> tuple[Diffusion, ConversionReport]:
    """Returns a diffusion model with the weights of a diffusers directory.

    Args:
        directory: A pipeline (`model_index.json`, `unet/`, `scheduler/`), or
            the `UNet2DModel` alone, which is then taken to have learned the
            noise of the paper's schedule. Weights are safetensors or
            PyTorch's, whole or in shards, in float32 or else of
            `variant="fp16"` or `"bf16"`.

    Returns:
        The model, without an average of its weights, and the report, which
        tells how to generate as the directory's scheduler does. A network
        with classes gets a label "no label" whose embedding is zeros.

    Raises:
        FileNotFoundError: There is no such directory, or a file of it.
        CheckpointError: A file is damaged or unsafe, or asks for what
            `zoo.Diffusion` does not have.

    Example:
        ```python
        model, report = convert_diffusers("ddpm-cifar10-32")
        print(report)
        images = model.generate(16, steps=50, seed=0)
        ```
    """
    if not pathlib.Path(directory).is_dir():
        raise FileNotFoundError(
            "Expected a directory that diffusers' save_pretrained wrote. "
            f"Received: directory={str(directory)!r}"
        )
    try:
        return _convert(Directory(os.fspath(directory)))
    except PresetNotFoundError as error:
        raise FileNotFoundError(str(error)) from error
    except PresetError as error:
        raise CheckpointError(str(error)) from error


def recognizes(source: Source) -> bool:
    """Returns whether a source holds what `convert_diffusers` converts."""
    for name in (INDEX, "config.json"):
        if (path := _find(source, name)) is not None:
            return "_diffusers_version" in read_json(path)
    return False


def load(
    source: Source, load_weights: bool = True, **arguments: Any
) -> Diffusion:
    """Returns the model in a source; see `ForeignFormat`."""
    model, report = _convert(source, load_weights, **arguments)
    for note in report.sampling:
        if note.startswith(LOST):
            warnings.warn(f"The scheduler's settings are {note}", stacklevel=2)
    return model


register_converter(
    "diffusers",
    convert_diffusers,
    "a directory of diffusers' UNet2DModel, or of a DDPM or DDIM pipeline",
    ("directory",),
)
register_foreign_format("diffusers", Diffusion, recognizes, load)


def _convert(source, load_weights=True, **arguments):
    _check_pipeline(source)
    tensors = _tensors(source)
    scheduler = _scheduler(source)
    config = _network(source) | {"ema_decay": None}
    config |= schedule_arguments(scheduler) if scheduler else {}
    config |= arguments
    _check_blocks(config, tensors)
    model = build(
        Diffusion,
        config,
        sum(x.nbytes for x in tensors.values()),
        "settings of the diffusers directory",
    )
    report = ConversionReport(untouched=("denoiser",))
    if load_weights:
        tensors, prefix = unwrapped(tensors, "conv_in.weight")
        entries = unet_entries(model.denoiser, tensors)
        report = dataclasses.replace(
            load_tensors(tensors, [model.denoiser], entries),
            taken_from=(repr(prefix.rstrip(".")),) if prefix else (),
        )
        for name, average in model.averages.items():
            weights = getattr(model, name).get_weights()
            average.network.set_weights(weights)
            average.end_warm_up()
    notes = sampling_notes(scheduler) if scheduler else ()
    return model, dataclasses.replace(report, sampling=notes)


def _find(source, *names):
    """Returns the path of the first of the files that is there, or `None`."""
    for name in names:
        try:
            return source.fetch(name, None)
        except PresetNotFoundError:
            continue
    return None


def _check_pipeline(source):
    path = _find(source, INDEX)
    if path is None:
        return
    index = read_json(path)
    name, unet = index.get("_class_name"), index.get("unet")
    if name not in PIPELINES or unet != ["diffusers", "UNet2DModel"]:
        raise CheckpointError(
            f"Expected a pipeline of {list(PIPELINES)} with a UNet2DModel. "
            f"Received: {describe(name)} with unet={describe(unet)}"
        )


def _network(source):
    """Returns the arguments of the network."""
    path = _find(source, "unet/config.json", "config.json")
    if path is None:
        raise FileNotFoundError(
            "Expected the config.json of a UNet2DModel, alone or in unet/. "
            f"Received: {source.handle!r}"
        )
    config = read_json(path)
    if config.get("_class_name") != "UNet2DModel":
        raise CheckpointError(
            "Expected the config of a UNet2DModel. "
            f"Received: _class_name={describe(config.get('_class_name'))}"
        )
    arguments = unet_arguments(config)
    return arguments | {"unet": {x: arguments.pop(x) for x in DETAILS}}


def _scheduler(source):
    """Returns the scheduler's settings; empty where there are none."""
    name = "scheduler_config.json"
    path = _find(source, f"scheduler/{name}", name)
    return {} if path is None else read_json(path)


def _tensors(source):
    for folder in ("unet/", ""):
        path = _find(source, *(folder + name for name in WEIGHTS))
        if path is None:
            continue
        if path.name.endswith(".json"):  # An index.
            for name in shard_names(path):  # Brought beside it, and checked.
                source.fetch(folder + name, None)
        return read_checkpoint(path)
    raise FileNotFoundError(
        f"Expected one of the files {list(WEIGHTS)}, alone or in unet/. "
        f"Received: {source.handle!r}"
    )


def _check_blocks(config, tensors):
    """Spares the building of a network that these tensors can't fill."""
    blocks = config["blocks"] * len(config["multipliers"])
    if blocks > len(tensors):
        raise CheckpointError(
            "The checkpoint must hold a tensor for each of the network's "
            f"layers. Received: {len(tensors)} tensors for {blocks} blocks"
        )
