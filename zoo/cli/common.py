"""What the commands share."""

import ast
import contextlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Console

from zoo.environment import BackendName

output = Console()
errors = Console(stderr=True)

Backend = Annotated[
    BackendName | None,
    typer.Option(help="Keras backend; by default KERAS_BACKEND, or Keras'."),
]

MODEL = typer.Argument(
    help="A preset, a .keras file, or a directory of zoo train."
)
Model = Annotated[str, MODEL]


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Ends the command with one line where the user can mend what is wrong."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        errors.print("[bold red]Error:[/]", end=" ")
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error


def set_option(text: str) -> Any:
    """Returns the option `--set NAME=VALUE`, for `named_values`.

    Args:
        text: Its help.
    """
    return typer.Option("--set", metavar="NAME=VALUE", help=text)


def named_values(texts: Iterable[str] | None) -> dict[str, Any]:
    """Returns what `--set NAME=VALUE`, given any number of times, says.

    Args:
        texts: The texts; `None` for none. A value is a Python literal, or
            else the text itself.

    Returns:
        The values by name.

    Raises:
        ValueError: A text has no `=`.
    """
    return dict(map(_named_value, texts or []))


def _named_value(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set takes NAME=VALUE. Received: {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
