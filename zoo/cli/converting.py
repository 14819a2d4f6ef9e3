"""`zoo convert`, `zoo export`: models from and for other frameworks."""

import pathlib
from typing import Annotated

import typer
from rich.markup import escape

from zoo.cli.common import Backend, Model, user_errors
from zoo.converters import convert as run_conversion
from zoo.converters.registry import CONVERTERS
from zoo.engine.exporting import Format
from zoo.engine.exporting import export as run_export
from zoo.registry.loading import load_model


def _listed(text):
    """Returns a text of each converter, for the help."""
    lines = [f"{name}: {text(x)}" for name, x in CONVERTERS.items()]
    return escape("; ".join(lines))


def convert(
    format: Annotated[
        str,
        typer.Argument(
            help=f"What the files are. {_listed(lambda x: x.description)}"
        ),
    ],
    files: Annotated[
        list[pathlib.Path],
        typer.Argument(
            help="Checkpoints, in this order. "
            f"{_listed(lambda x: ' '.join(x.files))}"
        ),
    ],
    output: Annotated[
        pathlib.Path, typer.Option(help="Directory of the preset to write.")
    ],
    backend: Backend = None,
) -> None:
    """Convert another framework's checkpoint to a preset.

    The other framework need not be installed, and nothing in its files is
    executed.
    """
    with user_errors():
        model, report = run_conversion(format, files)
        print(report)
        names = ", ".join(x.name for x in files)
        # What has initial weights is nothing to go on training with.
        directory = model.save_to_preset(
            output,
            source=f"converted from {format} ({names})",
            for_training=not report.untouched,
        )
    print(f"Wrote {directory}; look at {directory / 'samples.png'}")


def export(
    model: Model,
    format: Annotated[
        Format,
        typer.Option(help="What to write; what generates, but for keras."),
    ],
    output: Annotated[
        pathlib.Path,
        typer.Option(help="File, or for savedmodel directory, to write."),
    ],
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace an earlier export."),
    ] = False,
    backend: Backend = None,
) -> None:
    """Export a model for ONNX Runtime, TensorFlow or Keras."""
    with user_errors():
        path = run_export(
            load_model(model), output, format, overwrite=overwrite
        )
    print(f"Wrote {path}")
