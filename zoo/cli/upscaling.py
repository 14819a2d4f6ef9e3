"""`zoo upscale`: larger images."""

import pathlib
from typing import Annotated

import typer

from zoo.cli.common import (
    Backend,
    MaxPixels,
    Model,
    user_errors,
    work_on_files,
)
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
    tile: Annotated[
        int | None,
        typer.Option(
            min=64,
            help="Height and width of the pieces in which larger images are "
            "enlarged, by default by the network's size: less takes less "
            "memory.",
        ),
    ] = None,
    max_pixels: MaxPixels = None,
    backend: Backend = None,
) -> None:
    """Enlarge images by a super-resolution model.

    Files that can't be read are left out, and the command ends with code 1.
    """
    with user_errors(), work_on_files() as (bar, complaints):
        network = load_model(model)
        for result in upscale_files(
            network, images, output, tile, bar, complaints
        ):
            print(f"Wrote {result}")
