"""`zoo train`."""

import datetime
import pathlib
from typing import Annotated, Literal

import typer

from zoo.backend import enable_determinism
from zoo.cli.common import Backend, named_values, set_option, user_errors
from zoo.commands.training import train as run_training
from zoo.recipes.recipe import RECIPES
from zoo.recipes.settings import default_settings


def train(
    model: Annotated[
        str, typer.Argument(help=f"What to train: {', '.join(RECIPES)}.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="Images to train on: a folder, a .zip, a TFRecord file, "
            "tfds:NAME, fashion_mnist or fashion_mnist_10k.",
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
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Precision."),
    ] = "float32",
    seed: Annotated[
        int, typer.Option(help="Seed of weights, latents and order.")
    ] = 0,
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="Use only operations that give the same bits each time.",
        ),
    ] = False,
    backend: Backend = None,
    output: Annotated[
        pathlib.Path | None,
        typer.Option(help="Where to write; by default runs/MODEL-DATE-TIME."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Start anew in a used --output."),
    ] = False,
) -> None:
    """Train a model and show what it makes.

    The same command with the same --output goes on where it was interrupted,
    exactly. What is not given is chosen so that two CPU cores need a few
    minutes.
    """
    with user_errors():
        settings = default_settings(
            model,
            data=data,
            size=size,
            channels=channels,
            batch_size=batch_size,
            flip=flip,
            arguments=named_values(options),
            features=features,
            samples=samples,
            dtype=dtype,
            seed=seed,
        )
        if deterministic:
            enable_determinism()
        if output is None:
            now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
            output = pathlib.Path("runs") / f"{model}-{now}"
        print(f"{model} on {settings.data}, {settings.backend} backend")
        directory = run_training(settings, epochs, output, overwrite)
    print(
        f"Done. Look at {directory / 'samples' / 'training.gif'} and "
        f"{directory / 'losses.png'}; the model is "
        f"{directory / 'model.keras'}"
    )
