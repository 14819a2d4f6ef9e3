"""From a finished training to a preset with its numbers: `zoo publish`."""

import dataclasses
import json
import pathlib
from typing import Any

import keras

from zoo.commands.training_log import columns_of
from zoo.engine.finite import check_finite
from zoo.engine.generative_model import GenerativeModel
from zoo.recipes.credits import credits_of
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings, read_settings
from zoo.registry.loading import BEST, load_model
from zoo.registry.weights import to_half
from zoo.utils.public_text import base_names

LOG = "losses.csv"


def publish(
    run: pathlib.Path,
    directory: pathlib.Path,
    name: str | None = None,
    description: str = "",
    count: int = 10_000,
    for_training: bool = True,
    half_precision: bool = False,
) -> pathlib.Path:
    """Measures a training's best model and makes a preset of it.

    What is measured is up to the recipe. Whatever the training's precision,
    the preset computes in float32, and is measured in it: users can ask for
    less as they load it.

    Args:
        run: A directory of `zoo train`.
        directory: The preset's directory.
        name: Its name; by default the directory's.
        description: One sentence for lists and the card.
        count: Number of samples.
        for_training: Whether to put in what only training needs.
        half_precision: Whether to write weights as float16; what is measured
            are the rounded ones.

    Returns:
        The preset's directory.

    Raises:
        ValueError: `run` holds no finished training, or one whose weights
            are not finite.
    """
    settings, _ = read_settings(run)
    written = json.loads(json.dumps(dataclasses.asdict(settings)))
    recipe = get_recipe(settings.model)
    best = run / BEST
    model = in_float32(load_model(best if best.exists() else run))
    check_finite(model)  # Before minutes of measuring.
    if half_precision:
        round_to_half(model)
    seconds = columns_of(run / LOG).get("seconds", [])
    return model.save_to_preset(
        directory,
        name=name,
        description=description,
        data=credits_of(base_names(settings.data)),
        training={
            "command": command_of(written),
            "seed": settings.seed,
            "backend": settings.backend,
            "epochs": len(seconds),
            "duration_seconds": round(sum(seconds)),
            "kept": "the epoch of the least distance, see the log"
            if best.exists()
            else "the last epoch",
            "log": LOG,
        },
        metrics=_public(recipe.measure(model, settings, count)),
        inputs=recipe.inputs(settings).preview,
        for_training=for_training,
        half_precision=half_precision,
        files=[run / LOG],
    )


def _public(metrics):
    """Returns metrics whose reference is named without its folders."""
    return {
        name: {
            key: base_names(value) if key == "reference" else value
            for key, value in metric.items()
        }
        for name, metric in metrics.items()
    }


def in_float32(model: GenerativeModel) -> GenerativeModel:
    """Returns a model of the same weights that computes in float32.

    Args:
        model: The model, which is returned itself where it does already.
    """
    if model.dtype_policy.name == "float32":
        return model
    config = model.get_config() | {"dtype": "float32"}
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


def round_to_half(model: GenerativeModel) -> None:
    """Rounds a model's weights to what float16 holds.

    Args:
        model: The model, of float32 weights.

    Raises:
        ValueError: A weight is too large for float16.
    """
    for weight in model.weights:
        if weight.dtype == "float32":
            array = keras.ops.convert_to_numpy(weight)
            weight.assign(to_half(array).astype("float32"))


def command_of(settings: dict[str, Any]) -> str:
    """Returns the command that trains by these settings.

    Of files and folders, it has the names alone: it is for others to read.

    Args:
        settings: Fields of `zoo.recipes.settings.Settings`, as JSON has them.
    """
    name, data = settings["model"], settings["data"]
    command = f"zoo train {name}"
    paper = settings.get("paper", False)
    usual = vars(default_settings(name, data=data, seed=0, paper=paper))
    usual = usual | {"paper": False}
    usual = json.loads(json.dumps(usual)) | {"data": get_recipe(name).data}
    for key, value in settings.items():
        if key in ("model", "backend", "arguments") or value == usual[key]:
            continue
        flag = key.replace("_", "-")
        if isinstance(value, dict):  # Learning rates by player.
            command += "".join(f" --{flag} {k}={v}" for k, v in value.items())
        elif isinstance(value, bool):
            command += f" --{flag}" if value else f" --no-{flag}"
        else:
            command += f" --{flag} {base_names(value)}"
    for key, value in settings["arguments"].items():
        if value != usual["arguments"].get(key):
            command += f" --set {key}={base_names(value)}"
    return command
