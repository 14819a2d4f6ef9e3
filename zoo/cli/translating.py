"""`zoo translate`: from images to images, by models of several kinds."""

import inspect
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
from zoo.commands import translating
from zoo.registry.loading import load_model


def translate(
    model: Model,
    images: Annotated[
        list[pathlib.Path],
        typer.Argument(help="Image files, and folders of them."),
    ],
    output: Annotated[
        pathlib.Path, typer.Option(help="Directory of the pictures to write.")
    ],
    direction: Annotated[
        str | None,
        typer.Option(
            help="For models that translate both ways: a_to_b or b_to_a."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of the noise, where the model has any; by default "
            "another each time."
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Height and width of the results, of images' centre squares; "
            "by default the images' own, where the model can (CycleGAN), or "
            "the model's.",
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Images at a time.")
    ] = 16,
    tile: Annotated[
        int,
        typer.Option(
            min=256,
            help="Height and width of the pieces in which larger images are "
            "translated: less takes less memory.",
        ),
    ] = translating.TILE,
    max_pixels: MaxPixels = None,
    backend: Backend = None,
) -> None:
    """Translate images.

    Each is written to --output as a PNG file of its own name, to which the
    direction is added where there are two. Files that can't be read are left
    out, and the command ends with code 1.
    """
    with user_errors(), work_on_files() as (bar, complaints):
        network = load_model(model)
        takes = inspect.signature(
            getattr(network, "translate", load_model)
        ).parameters
        if "images" not in takes:
            raise ValueError(
                "Expected a model that translates images. "
                f"Received: {model!r} with a {type(network).__name__}"
            )
        options = {"direction": direction, "seed": seed}
        options = {k: v for k, v in options.items() if v is not None}
        for name in options.keys() - takes.keys():
            raise ValueError(
                f"Option --{name} is not one of a {type(network).__name__}. "
                f"Received: --{name} {options[name]}"
            )
        written = translating.translate_files(
            network,
            images,
            output,
            batch_size,
            size,
            tile,
            report=bar,
            complain=complaints,
            **options,
        )
        print(f"Wrote {len(written)} images to {output}")
