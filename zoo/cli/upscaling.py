"""`zoo upscale`: larger images."""

import pathlib
from typing import Annotated

import typer

from zoo.cli.common import Backend, Model, user_errors
from zoo.commands.upscaling import upscale_files
from zoo.registry.loading import load_model


def upscale(
    model: Model,
    images: Annotated[
        list[pathlib.Path],
        typer.Argument(help="Image files of any size, and folders of them."),
    ],
    output: Annotated[
        pathlib.Path,
        typer.Option(help="Directory of the results, PNG files."),
    ] = pathlib.Path("upscaled"),
    backend: Backend = None,
) -> None:
    """Enlarge images by a super-resolution model."""
    with user_errors():
        for result in upscale_files(load_model(model), images, output):
            print(f"Wrote {result}")
