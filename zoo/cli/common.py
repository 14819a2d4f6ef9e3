"""What the commands share."""

import ast
import contextlib
import warnings
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from zoo.environment import BackendName

output = Console()
errors = Console(stderr=True)

Backend = Annotated[
    BackendName | None,
    typer.Option(help="Keras backend; by default KERAS_BACKEND, or Keras'."),
]


def _allow_pixels(most: int | None) -> None:
    if most is not None:
        from zoo.utils.images import reader  # `zoo --help` needs no Pillow.

        reader("limits").set_limits(max_pixels=most)


MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1,
        callback=_allow_pixels,
        help="Most pixels of an image file; by default 89478485. Decoding "
        "takes up to 16 bytes for each.",
    ),
]

MODEL = typer.Argument(
    help="A preset, a .keras file, or a directory of zoo train."
)
Model = Annotated[str, MODEL]


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Ends the command with one line where the user can mend what is wrong.

    Warnings within it are one line too.
    """
    try:
        with _plain_warnings():
            yield
    except (ValueError, OSError, ImportError) as error:
        errors.print("[bold red]Error:[/]", end=" ")
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error


class Bar:
    """A progress bar of an image that is made in pieces.

    It is shown while there are some to come, and in a terminal alone.
    """

    def __init__(self):
        self._bar: Progress | None = None

    def __call__(self, name: str, done: int, total: int) -> None:
        """Shows how far it is.

        Args:
            name: The image's.
            done: Pieces that are made.
            total: All of them.
        """
        if self._bar is None and done < total:
            columns = *Progress.get_default_columns(), MofNCompleteColumn()
            # Standard output may go into a file.
            self._bar = Progress(
                *columns,
                console=errors,
                transient=True,
                redirect_stdout=False,
                disable=not errors.is_terminal,
            )
            self._bar.start()
            self._bar.add_task(name, total=total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)
        if done == total:
            self.stop()

    def stop(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class Complaints:
    """Says what is wrong with single files, and that something was."""

    def __init__(self):
        self.count = 0

    def __call__(self, text: str) -> None:
        """Prints one.

        Args:
            text: What it says.
        """
        self.count += 1
        _warn(text)

    def end(self) -> None:
        """Ends the command with code 1 if there was any."""
        if self.count:
            raise typer.Exit(1)


@contextlib.contextmanager
def work_on_files() -> Iterator[tuple[Bar, Complaints]]:
    """Yields a bar and complaints for work on many files.

    Files that can't be read are left out, and the command ends with code 1.
    """
    bar, complaints = Bar(), Complaints()
    try:
        yield bar, complaints
    finally:
        bar.stop()
    complaints.end()


@contextlib.contextmanager
def _plain_warnings():
    """Shows warnings without the lines of code that they are from."""

    def show(message, category, filename, lineno, file=None, line=None):
        _warn(str(message))

    before, warnings.showwarning = warnings.showwarning, show
    try:
        yield
    finally:
        warnings.showwarning = before


def _warn(text):
    errors.print("[bold yellow]Warning:[/]", end=" ")
    errors.print(text, markup=False, highlight=False)


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
