"""The commands, each imported when it is run: `zoo --help` needs no Keras."""

import importlib
import importlib.util
from typing import Any

import typer
from typer.core import TyperGroup

from zoo.cli.common import user_errors
from zoo.environment import BACKENDS, prepared

COMMANDS = {
    "train": ("training:train", "Train a model and show what it makes."),
    "sample": (
        "models:sample",
        "Draw images or shapes from a trained model, in one file or one each.",
    ),
    "interpolate": (
        "interpolating:interpolate",
        "Film what a model makes on the way from one latent to another.",
    ),
    "mix": (
        "mixing:mix",
        "Draw a table of images A (rows) that have some styles of others B.",
    ),
    "translate": ("translating:translate", "Translate images."),
    "evaluate": (
        "models:evaluate",
        "Measure what a model makes, or a folder holds, against real images.",
    ),
    "upscale": (
        "upscaling:upscale",
        "Enlarge images by a super-resolution model.",
    ),
    "compare": (
        "models:compare",
        "Measure several models, and real test images, in one table.",
    ),
    "convert": (
        "converting:convert",
        "Convert another framework's checkpoint to a preset.",
    ),
    "export": (
        "converting:export",
        "Export a model for ONNX Runtime, TensorFlow or Keras.",
    ),
    "list": (
        "presets:list_presets",
        "List the presets that are known by name.",
    ),
    "info": ("presets:info", "Show the model card of a preset."),
    "verify": (
        "presets:verify",
        "Verify all files of presets: sizes, SHA-256, and that they load.",
    ),
    "publish": (
        "presets:publish",
        "Measure a training's best model and make a preset of it.",
    ),
    "upload": ("presets:upload", "Upload a preset to the Hugging Face Hub."),
}
"""Name of each command, to its function and the first line of its help."""


class Commands(TyperGroup):
    """A group that knows its commands' names, and imports the one to run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Returns name, command and arguments of the command to run."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else command, rest


def load(name: str) -> Any:
    """Returns a command, for which Keras is imported.

    Args:
        name: One of `COMMANDS`.

    Raises:
        typer.Exit: The backend is not installed, as was printed.
    """
    module, _, function = COMMANDS[name][0].partition(":")
    with user_errors(), prepared():
        try:
            importlib.import_module("zoo.public").import_all()
        except ModuleNotFoundError as error:
            raise _without(error) from error
        found = importlib.import_module(f"zoo.cli.{module}")
    return _command(name, getattr(found, function))


def _without(error):
    """Returns what to say where a backend is not installed."""
    if error.name not in BACKENDS:
        return error
    there = filter(importlib.util.find_spec, BACKENDS)
    return ImportError(
        f"The backend {error.name} is not installed: pip install "
        f"{error.name}. Or take one that is, by --backend or KERAS_BACKEND: "
        f"{', '.join(there) or 'there is none'}."
    )


def _command(name, function):
    # Typer makes commands of applications alone.
    app = typer.Typer(add_completion=False)
    app.command(name)(function)
    return typer.main.get_command(app)


def add_all(app: typer.Typer) -> None:
    """Adds all commands by their names and the first lines of their help.

    Args:
        app: An application whose class is `Commands`.
    """
    for name, (_, about) in COMMANDS.items():
        app.command(name, help=about)(lambda: None)
