"""`zoo train`."""

import contextlib
import datetime
import pathlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from zoo import siblings
from zoo.backend import enable_determinism, writes_files
from zoo.cli.common import (
    Backend,
    MaxPixels,
    named_values,
    set_option,
    user_errors,
)
from zoo.cli.training_options import (
    learning_rates,
    resumed_settings,
    seconds_of,
)
from zoo.commands.training import train as run_training
from zoo.recipes.optimizers import OPTIMIZERS
from zoo.recipes.recipe import RECIPES
from zoo.recipes.settings import Settings, default_settings


def train(
    model: Annotated[
        str | None,
        typer.Argument(help=f"What to train: {', '.join(RECIPES)}."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Images to train on: a folder, a .zip, a TFRecord file, "
            "tfds:NAME, fashion_mnist or fashion_mnist_10k; two of them with "
            "a comma between for models that translate.",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Height and width of the images, in pixels."),
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(help="1 for grey, 3 for RGB, 4 for RGBA."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Images per step.")
    ] = None,
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip", help="Mirror a random half of the images."
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        set_option("An argument of the model's class, e.g. filters=64."),
    ] = None,
    learning_rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RATE",
            help="The greatest learning rate of all players, or PLAYER=RATE, "
            "any number of times.",
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help=f"Another optimizer, by Keras' settings: "
            f"{', '.join(OPTIMIZERS)}."
        ),
    ] = None,
    paper: Annotated[
        bool,
        typer.Option(
            "--paper",
            help="The paper's networks, optimizers, batch and length, which "
            "most often need a GPU, unless they are given.",
        ),
    ] = False,
    features: Annotated[
        str | None,
        typer.Option(
            help="Features for the Fréchet distance to the data after each "
            "epoch: inception, fashion_mnist, efficientnet_lite0 or none."
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=2, help="Number of samples for it.")
    ] = None,
    dtype: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"] | None,
        typer.Option(help="Precision; by default float32."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of weights, latents and order; by default 0."),
    ] = None,
    on_error: Annotated[
        Literal["raise", "skip"] | None,
        typer.Option(help="What to do about files that can't be read."),
    ] = None,
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="Use only operations that give the same bits each time.",
        ),
    ] = False,
    max_pixels: MaxPixels = None,
    backend: Backend = None,
    output: Annotated[
        pathlib.Path | None,
        typer.Option(help="Where to write; by default runs/MODEL-DATE-TIME."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Start anew in a used --output."),
    ] = False,
    resume: Annotated[
        pathlib.Path | None,
        typer.Option(
            metavar="DIR",
            help="Go on with a training, whose settings are not repeated; "
            "only --epochs, --learning-rate and --backend can be others.",
        ),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Begin no epoch that would not end in this time, such as "
            "1h30m; --resume goes on.",
        ),
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="Also write tensorboard/."),
    ] = False,
) -> None:
    """Train a model and show what it makes.

    The same command with the same --output goes on where it was interrupted,
    exactly. What is not given is chosen so that two CPU cores need a few
    minutes.
    """
    with user_errors():
        changes = {
            "data": data,
            "size": size,
            "channels": channels,
            "batch_size": batch_size,
            "flip": flip,
            "arguments": named_values(options) or None,
            "features": features,
            "samples": samples,
            "dtype": dtype,
            "seed": seed,
            "paper": paper or None,
            "optimizer": optimizer,
            "on_error": on_error,
        }
        rates, seconds = learning_rates(learning_rate), seconds_of(max_time)
        if resume is not None:
            own = {"model": model, "output": output, "overwrite": overwrite}
            settings, before = resumed_settings(resume, rates, changes | own)
            epochs, output = epochs or before, resume
        else:
            settings = _new_settings(model, changes | {"learning_rate": rates})
        if deterministic:
            enable_determinism()
        if output is None:
            now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
            output = pathlib.Path("runs") / f"{model}-{now}"
        print(
            f"{settings.model} on {settings.data}, {settings.backend} backend"
        )
        with _told_how_to_go_on(output):
            directory = run_training(
                settings,
                epochs,
                output,
                overwrite,
                resume=resume is not None,
                max_seconds=seconds,
                tensorboard=tensorboard,
            )
    if not writes_files():
        return  # Another process says it.
    print(
        f"Done. Look at {directory / 'samples' / 'training.gif'} and "
        f"{directory / 'losses.png'}; the model is "
        f"{directory / 'model.keras'}"
    )


@contextlib.contextmanager
def _told_how_to_go_on(output: pathlib.Path) -> Iterator[None]:
    """Ends the command as the shell expects of a signal that ended it."""
    try:
        yield
    except siblings.callbacks.TrainingInterrupted as interrupted:
        print(f"{interrupted} To go on: zoo train --resume {output}")
        raise typer.Exit(128 + interrupted.signal) from None


def _new_settings(model: str | None, changes: dict[str, Any]) -> Settings:
    if model is None:
        raise ValueError(
            f"Expected what to train, one of {', '.join(RECIPES)}, or "
            "--resume DIR. Received: neither"
        )
    return default_settings(model, **changes)
