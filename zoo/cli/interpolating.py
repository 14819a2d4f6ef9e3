"""`zoo interpolate`: what lies between the images of seeds."""

import pathlib
from typing import Annotated

import typer

from zoo.cli.common import (
    Backend,
    Model,
    named_values,
    set_option,
    user_errors,
)
from zoo.cli.models import check_arguments
from zoo.commands.interpolating import interpolate as run_interpolation
from zoo.commands.interpolating import seeds_of
from zoo.registry.loading import load_model


def interpolate(
    model: Model,
    seeds: Annotated[
        str,
        typer.Argument(
            help="Seeds, A..B, or A..B..C to pass through several: of each "
            "the first latent."
        ),
    ],
    output: Annotated[
        pathlib.Path,
        typer.Option(help="A .gif, .webp or .mp4 film, or .png of all frames."),
    ] = pathlib.Path("interpolation.gif"),
    count: Annotated[
        int,
        typer.Option(min=0, help="Frames between each seed and the next."),
    ] = 15,
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 15.0,
    method: Annotated[
        str | None,
        typer.Option(
            help="slerp or linear; by default the one that suits the latents."
        ),
    ] = None,
    loop: Annotated[
        bool, typer.Option("--loop", help="Go back to the first seed.")
    ] = False,
    options: Annotated[
        list[str] | None,
        set_option("An argument of the model's generate, e.g. labels=3."),
    ] = None,
    backend: Backend = None,
) -> None:
    """Film what a model makes on the way from one latent to another.

    Of a model with classes, one is shown: the first, unless --set labels says
    another.
    """
    with user_errors():
        arguments = named_values(options)
        points = seeds_of(seeds)
        network = load_model(model)
        check_arguments(network, arguments)
        done = run_interpolation(
            network, points, output, count, method, loop, fps, **arguments
        )
    told = ", ".join(f"{k} {v}" for k, v in done.items() if k != "frames")
    print(f"Wrote {done['frames']} frames ({told}) to {output}")
