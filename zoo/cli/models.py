"""`zoo sample`, `zoo evaluate`: what a trained model makes."""

import inspect
import pathlib
from collections.abc import Iterable
from typing import Annotated, Any

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
from zoo.commands import evaluating, sampling
from zoo.metrics.features import EXTRACTORS
from zoo.metrics.features.inception import PUBLIC_WEIGHTS
from zoo.registry.loading import load_model

Features = Annotated[str, typer.Option(help=f"{', '.join(EXTRACTORS)}.")]
Weights = Annotated[
    pathlib.Path | None,
    typer.Option(
        help="File of inception's weights, where they can't be downloaded: "
        f"{PUBLIC_WEIGHTS.name}."
    ),
]


def sample(
    model: Model,
    count: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of images; by default 64, or that of --latents."
        ),
    ] = None,
    columns: Annotated[int, typer.Option(min=1, help="Images per row.")] = 8,
    seed: Annotated[
        int | None, typer.Option(help="Seed; by default another each time.")
    ] = None,
    options: Annotated[
        list[str] | None,
        set_option("An argument of the model's generate, e.g. temperature=1."),
    ] = None,
    output: Annotated[
        pathlib.Path,
        typer.Option(
            help="Picture to write; or of shapes a .glb, .obj, .stl or .ply "
            "file of their surfaces."
        ),
    ] = pathlib.Path("samples.png"),
    separate: Annotated[
        pathlib.Path | None,
        typer.Option(help="Instead, a folder to write a file each."),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            help="Of files with --separate: png, or of shapes glb, obj, stl "
            "or ply."
        ),
    ] = "png",
    latents: Annotated[
        pathlib.Path | None,
        typer.Option(help="Latents to use, an array in a .npy file."),
    ] = None,
    save_latents: Annotated[
        pathlib.Path | None,
        typer.Option(help="File to write the latents to, as --latents reads."),
    ] = None,
    backend: Backend = None,
) -> None:
    """Draw images or shapes from a trained model, in one file or one each."""
    with user_errors():
        arguments = named_values(options)
        network = load_model(model)
        check_arguments(network, arguments)
        if not hasattr(network, "generate"):
            arguments = {}  # `pictures` says what such a model needs.
        plan = sampling.Plan(
            output, separate, format, columns, latents, save_latents
        )
        written, number = sampling.sample(
            network, plan, count, seed, **arguments
        )
    print(f"Wrote {number} samples to {written}")


def check_arguments(network: Any, arguments: Iterable[str]) -> None:
    """Checks what `--set` names.

    Args:
        network: A model.
        arguments: The names.

    Raises:
        ValueError: `generate` has no such argument.
    """
    if not hasattr(network, "generate"):
        return
    own = {"count", "seed", "latents"}  # Those have options of their own.
    takes = set(inspect.signature(network.generate).parameters) - own
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
    features: Features = "fashion_mnist",
    weights: Weights = None,
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
            models, reference, names, features, count, seed, weights
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
    features: Features = "inception",
    weights: Weights = None,
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
            weights,
        )
        evaluating.report(values, output)
