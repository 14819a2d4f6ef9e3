"""`zoo translate`: from images to images, by models of several kinds."""

import inspect
import pathlib
from typing import Annotated

import typer

from zoo.cli.common import Backend, Model, user_errors
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
    batch_size: Annotated[
        int, typer.Option(min=1, help="Images at a time.")
    ] = 16,
    backend: Backend = None,
) -> None:
    """Translate images, cut to their centre square and resized.

    Each is written to --output as a PNG file of its own name.
    """
    with user_errors():
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
            network, images, output, batch_size=batch_size, **options
        )
    print(f"Wrote {len(written)} images to {output}")
