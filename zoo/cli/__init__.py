"""The command line: one function per command."""

import typer

from zoo.cli.commands import Commands, add_all

app = typer.Typer(
    cls=Commands,
    help="Train and use generative models on TensorFlow, JAX or PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
add_all(app)


def main() -> None:
    """Runs the command line."""
    app(prog_name="zoo")
