"""`zoo sample`, `zoo evaluate`: what a trained model makes."""

import inspect
import pathlib
from typing import Annotated

import typer

from zoo.cli.common import (
    MODEL,
    Backend,
    MaxPixels,
    Model,
    named_values,
    set_option,
    user_errors,
)
from zoo.commands import evaluating
from zoo.metrics.features import EXTRACTORS
from zoo.registry.loading import load_model
from zoo.utils.files import output_directory
from zoo.utils.grids import image_grid, save_picture, save_pictures


def sample(
    model: Model,
    count: Annotated[int, typer.Option(min=1, help="Number of images.")] = 64,
    columns: Annotated[int, typer.Option(min=1, help="Images per row.")] = 8,
    seed: Annotated[
        int | None, typer.Option(help="Seed; by default another each time.")
    ] = None,
    options: Annotated[
        list[str] | None,
        set_option("An argument of the model's generate, e.g. temperature=1."),
    ] = None,
    output: Annotated[
        pathlib.Path, typer.Option(help="Picture to write.")
    ] = pathlib.Path("samples.png"),
    separate: Annotated[
        pathlib.Path | None,
        typer.Option(help="Instead, a folder to write each as a PNG file."),
    ] = None,
    backend: Backend = None,
) -> None:
    """Draw images from a trained model, as one picture or a file each."""
    with user_errors():
        arguments = named_values(options)
        network = load_model(model)
        if hasattr(network, "generate"):
            _check_arguments(network, arguments)
        else:
            arguments = {}  # `pictures` says what such a model needs.
        images = network.pictures(count, seed=seed, **arguments)
        if separate is not None:
            output = save_pictures(images, output_directory(separate))
        else:
            output.parent.mkdir(parents=True, exist_ok=True)
            save_picture(image_grid(images, columns), output)
    print(f"Wrote {count} samples to {output}")


def _check_arguments(network, arguments):
    """Raises a ValueError for arguments that `generate` does not have."""
    given = {"count", "seed"}
    takes = set(inspect.signature(network.generate).parameters) - given
    unknown = sorted(set(arguments) - takes)
    if unknown:
        raise ValueError(
            f"{type(network).__name__}.generate has no argument "
            f"{unknown[0]!r} to --set. It takes: {', '.join(sorted(takes))}"
        )


def compare(
    models: Annotated[
        list[str], typer.Argument(help="Two or more models, as of zoo sample.")
    ],
    reference: Annotated[
        str, typer.Option(help="Real images: what zoo train takes as --data.")
    ] = "fashion_mnist",
    metrics: Annotated[
        str, typer.Option(help=evaluating.metrics_help())
    ] = "fid,is",
    features: Annotated[
        str,
        typer.Option(help=f"{', '.join(EXTRACTORS)}."),
    ] = "fashion_mnist",
    count: Annotated[
        int, typer.Option(min=1, help="Number of samples.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="JSON file to write.")
    ] = None,
    backend: Backend = None,
) -> None:
    """Measure several models, and real test images, in one table."""
    with user_errors():
        names = evaluating.metric_names(metrics)
        rows = evaluating.compare(
            models, reference, names, features, count, seed
        )
        evaluating.report_comparison(rows, output)


def evaluate(
    model: Annotated[str | None, MODEL] = None,
    images: Annotated[
        str | None,
        typer.Option(
            help="Instead of a model, images: a folder, a .zip file, a glob."
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            help="Real images: what zoo train takes as --data, or a .npz "
            "file of statistics (mu, sigma).",
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(help=evaluating.metrics_help()),
    ] = "fid,is,kid,pr",
    features: Annotated[
        str,
        typer.Option(help=f"{', '.join(EXTRACTORS)}."),
    ] = "inception",
    count: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of samples; by default 10000, or all images.",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            help="Height and width of the images, in pixels, to which they "
            "are cut and resized; by default the model's, or the images' own."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="JSON file to write.")
    ] = None,
    max_pixels: MaxPixels = None,
    backend: Backend = None,
) -> None:
    """Measure what a model makes, or a folder holds, against real images."""
    with user_errors():
        values = evaluating.evaluate(
            model,
            images,
            reference,
            evaluating.metric_names(metrics),
            features,
            count,
            size,
            seed,
        )
        evaluating.report(values, output)
