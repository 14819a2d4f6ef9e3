"""The command line: `zoo train`, `zoo sample`, `zoo evaluate`."""

import ast
import contextlib
import datetime
import pathlib
from typing import Annotated, Literal

import keras
import typer
from rich.console import Console

from zoo.environment import BACKENDS
from zoo.grids import image_grid, save_picture
from zoo.recipes import RECIPES
from zoo.training import default_settings
from zoo.training import train as run_training

app = typer.Typer(
    help="Train and use generative models on TensorFlow, JAX or PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
errors = Console(stderr=True)

Backend = Annotated[
    Literal[BACKENDS] | None,
    typer.Option(help="Keras backend; by default KERAS_BACKEND, or Keras'."),
]


@contextlib.contextmanager
def user_errors():
    """Ends the command with one line where the user can mend what is wrong."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        errors.print("[bold red]Error:[/]", end=" ")
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error


@app.command()
def train(
    model: Annotated[
        str, typer.Argument(help=f"What to train: {', '.join(RECIPES)}.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="Images to train on: a folder, a .zip, a TFRecord file, "
            "tfds:NAME, fashion_mnist or fashion_mnist_10k.",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Height and width of the images, in pixels."),
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(help="1 for grey, 3 for RGB, 4 for RGBA."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Images per step.")
    ] = None,
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip", help="Mirror a random half of the images."
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An argument of the model's class, e.g. filters=64.",
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Features for the Fréchet distance to the data after each "
            "epoch: inception, fashion_mnist, efficientnet_lite0 or none."
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=2, help="Number of samples for it.")
    ] = None,
    dtype: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Precision."),
    ] = "float32",
    seed: Annotated[
        int, typer.Option(help="Seed of weights, latents and order.")
    ] = 0,
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="Use only operations that give the same bits each time.",
        ),
    ] = False,
    backend: Backend = None,
    output: Annotated[
        pathlib.Path | None,
        typer.Option(help="Where to write; by default runs/MODEL-DATE-TIME."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Start anew in a used --output."),
    ] = False,
):
    """Train a model and show what it makes.

    The same command with the same --output goes on where it was interrupted,
    exactly. What is not given is chosen so that two CPU cores need a few
    minutes.
    """
    with user_errors():
        settings = default_settings(
            model,
            data=data,
            size=size,
            channels=channels,
            batch_size=batch_size,
            flip=flip,
            arguments=dict(map(_option, options or [])),
            features=features,
            samples=samples,
            dtype=dtype,
            seed=seed,
        )
        if deterministic:
            from zoo.backend import enable_determinism

            enable_determinism()
        if output is None:
            now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
            output = pathlib.Path("runs") / f"{model}-{now}"
        print(f"{model} on {settings.data}, {settings.backend} backend")
        directory = run_training(settings, epochs, output, overwrite)
    print(
        f"Done. Look at {directory / 'samples' / 'training.gif'} and "
        f"{directory / 'losses.png'}; the model is "
        f"{directory / 'model.keras'}"
    )


@app.command()
def sample(
    model: Annotated[
        pathlib.Path,
        typer.Argument(help="A .keras file, or a directory of zoo train."),
    ],
    count: Annotated[int, typer.Option(min=1, help="Number of images.")] = 64,
    columns: Annotated[int, typer.Option(min=1, help="Images per row.")] = 8,
    seed: Annotated[
        int | None, typer.Option(help="Seed; by default another each time.")
    ] = None,
    output: Annotated[
        pathlib.Path, typer.Option(help="Picture to write.")
    ] = pathlib.Path("samples.png"),
    backend: Backend = None,
):
    """Draw images from a trained model, as one picture."""
    with user_errors():
        network = keras.saving.load_model(_file_of(model))
        images = network.generate(count, seed=seed)
        output.parent.mkdir(parents=True, exist_ok=True)
        save_picture(image_grid(images, columns), output)
    print(f"Wrote {count} samples to {output}")


@app.command()
def evaluate(
    model: Annotated[
        pathlib.Path | None,
        typer.Argument(help="A .keras file, or a directory of zoo train."),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(help="Instead of a model, a folder of images."),
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
        typer.Option(
            help="fd (fid), is, kid, pr (precision and recall), dc (density "
            "and coverage), with commas between."
        ),
    ] = "fid,is,kid,pr",
    features: Annotated[
        str,
        typer.Option(help="inception, fashion_mnist or efficientnet_lite0."),
    ] = "inception",
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Number of samples; by default 10000."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Height and width of the images, in pixels."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="JSON file to write.")
    ] = None,
    backend: Backend = None,
):
    """Measure what a model makes, or a folder holds, against real images."""
    with user_errors():
        from zoo import evaluating

        values = evaluating.evaluate(
            None if model is None else _file_of(model),
            images,
            reference,
            evaluating.metric_names(metrics),
            features,
            count,
            size,
            seed,
        )
        evaluating.report(values, output)


def _option(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set takes NAME=VALUE. Received: {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _file_of(path):
    file = path / "model.keras" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            "Expected a .keras file, or a directory that holds model.keras. "
            f"Received: {str(path)!r}"
        )
    return file


def main():
    """Runs the command line."""
    app(prog_name="zoo")
