"""What the commands share."""

import contextlib
from typing import Annotated, Literal

import typer
from rich.console import Console

from zoo.environment import BACKENDS

output = Console()
errors = Console(stderr=True)

Backend = Annotated[
    Literal[BACKENDS] | None,
    typer.Option(help="Keras backend; by default KERAS_BACKEND, or Keras'."),
]

MODEL = typer.Argument(
    help="A preset, a .keras file, or a directory of zoo train."
)
Model = Annotated[str, MODEL]


@contextlib.contextmanager
def user_errors():
    """Ends the command with one line where the user can mend what is wrong."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        errors.print("[bold red]Error:[/]", end=" ")
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error
