"""`zoo mix`: images in the styles of others."""

import ast
import pathlib
from typing import Annotated

import typer

from zoo.cli.common import Backend, Model, user_errors
from zoo.commands.mixing import mix as run_mixing
from zoo.registry.loading import load_model


def mix(
    model: Model,
    layers: Annotated[
        str,
        typer.Option(
            help="Layers that are copied: coarse, middle, fine, or the first "
            "and the one after the last, e.g. 2,6."
        ),
    ] = "coarse",
    rows: Annotated[int, typer.Option(min=1, help="Sources A.")] = 4,
    columns: Annotated[int, typer.Option(min=1, help="Sources B.")] = 6,
    seed: Annotated[
        int, typer.Option(help="Seed of A and of noise; B's is one more.")
    ] = 0,
    truncation_psi: Annotated[
        float, typer.Option(help="How far styles may be from their mean.")
    ] = 1.0,
    labels: Annotated[
        str | None,
        typer.Option(help="Class of A and B; by default all in turn."),
    ] = None,
    output: Annotated[
        pathlib.Path, typer.Option(help="Picture to write.")
    ] = pathlib.Path("mixed.png"),
    backend: Backend = None,
) -> None:
    """Draw a table of images A (rows) that have some styles of others B.

    As figure 3 of StyleGAN's paper: coarse styles set shape, fine ones
    texture.
    """
    with user_errors():
        run_mixing(
            load_model(model),
            output,
            _literal(layers),
            rows,
            columns,
            seed,
            truncation_psi,
            None if labels is None else _literal(labels),
        )
    print(f"Wrote {rows} x {columns} mixtures to {output}")


def _literal(text):
    """Returns the value that a text spells, or else the text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
