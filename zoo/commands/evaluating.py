"""Metrics of a model or of a folder against real images: `zoo evaluate`."""

import json
import pathlib
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from zoo.metrics import Evaluator, get, registered
from zoo.metrics.drawing import check_draws_images
from zoo.metrics.features import get_extractor
from zoo.recipes.inputs import all_images, common_size, test_images
from zoo.registry.loading import load_model
from zoo.utils.files import replacing


def metrics_help() -> str:
    """Returns the names of all metrics with what they are, for `--help`."""
    known = (f"{' or '.join(m.names)} ({m.about})" for m in registered())
    return f"{', '.join(known)}; with commas between."


def metric_names(text: str) -> list[str]:
    """Reads a list of metrics.

    Args:
        text: Names with commas between them, such as `"fid,is,kid,pr"`.

    Returns:
        The metrics' own names: `"fd"` for FID.

    Raises:
        ValueError: An unknown name, or none.
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError(
            f"Expected metrics: {metrics_help()} Received: {text!r}"
        )
    return [get(name).name for name in names]


def evaluate(
    model: str | None,
    images: str | None,
    reference: str | None,
    metrics: Sequence[str],
    features: str,
    count: int | None,
    size: int | None,
    seed: int,
    weights: pathlib.Path | None = None,
) -> dict[str, float]:
    """Evaluates a model, or images, against real images.

    Args:
        model: What `load_model` takes, or `None`.
        images: In its place, a source for `pipelines.images`.
        reference: Real images: a source for `pipelines.images`, or a `.npz`
            file of statistics.
        metrics: Names of registered metrics.
        features: Name of an extractor.
        count: Number of samples; by default 10,000, or all images.
        size: Height and width of the images; by default the model's, or
            that of most images, which must then be squares.
        seed: Seed of the samples.
        weights: File of the extractor's weights, or `None` for those that it
            finds or downloads.

    Returns:
        Dict of full metric name to value.

    Raises:
        ValueError: Not exactly one of model and images, a model that draws
            no images, images that are no squares without a `size`, or what
            `Evaluator` and `pipelines.images` refuse.
    """
    if (model is None) == (images is None):
        raise ValueError(
            "Expected a model, or --images, and not both. "
            f"Received: model={model}, images={images}"
        )
    channels = None
    if model is not None:
        made = load_model(model)
        check_draws_images(made)
        size, channels = size or made.image_shape[0], made.image_shape[-1]
        count = count or 10_000
    else:
        size = size or common_size(str(images))
        made = all_images(str(images), size, channels)
        count = count or sum(len(batch) for batch in made)
    if reference is not None and not reference.endswith(".npz"):
        reference = all_images(reference, size, channels)
    evaluator = Evaluator(
        metrics,
        _extractor(features, weights),
        reference,
        count,
        seed,
        progress=True,
    )
    if model is not None:
        return evaluator.of_model(made)
    return evaluator.of_images(made)


def _extractor(features, weights):
    if weights is None:
        return get_extractor(features)
    if features != "inception":
        raise ValueError(
            "Only the features of inception take a file of weights. "
            f"Received: --weights {weights} for {features!r}"
        )
    return get_extractor(features, weights=weights)


def compare(
    models: Sequence[str],
    reference: str,
    metrics: Sequence[str],
    features: str,
    count: int,
    seed: int,
    weights: pathlib.Path | None = None,
) -> dict[str, dict[str, float]]:
    """Evaluates several models, and real test images beside them.

    Args:
        models: What `load_model` takes, each of images of the same shape.
        reference: Real images: a source for `pipelines.images`. Where it has
            a test split, this stands in the last row: no model can do better.
        metrics: Names of registered metrics.
        features: Name of an extractor.
        count: Number of samples.
        seed: Seed of the samples.
        weights: File of the extractor's weights, or `None` for those that it
            finds or downloads.

    Returns:
        Dict of model to a dict of full metric name to value.

    Raises:
        ValueError: Models of different shapes, or what `Evaluator` and
            `pipelines.images` refuse.
    """
    loaded = {name: load_model(name) for name in models}
    for model in loaded.values():
        check_draws_images(model)
    shapes = {name: model.image_shape for name, model in loaded.items()}
    if len(set(shapes.values())) != 1:
        raise ValueError(
            f"Expected models of images of the same shape. Received: {shapes}"
        )
    size, _, channels = next(iter(shapes.values()))
    source = reference, size, channels
    evaluator = Evaluator(
        metrics,
        _extractor(features, weights),
        all_images(*source),
        count,
        seed,
        progress=True,
    )
    rows = {name: evaluator.of_model(m) for name, m in loaded.items()}
    test = test_images(*source)
    if test is None:
        return rows
    return rows | {"real test images": evaluator.of_images(test)}


def report(values: dict[str, float], output: pathlib.Path | None) -> None:
    """Prints a table, and writes JSON.

    Args:
        values: Dict of full metric name to value.
        output: File to write, or `None`.
    """
    table = Table("metric", "value")
    for name, value in values.items():
        table.add_row(name, f"{value:.6g}")
    Console().print(table)
    _write(values, output)


def report_comparison(
    rows: dict[str, dict[str, float]], output: pathlib.Path | None
) -> None:
    """Prints a table of models, and writes JSON.

    Args:
        rows: What `compare` returned.
        output: File to write, or `None`.
    """
    table = Table("model", *next(iter(rows.values())))
    for name, values in rows.items():
        table.add_row(name, *(f"{value:.4g}" for value in values.values()))
    Console().print(table)
    _write(rows, output)


def _write(values, output):
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        with replacing(output) as temporary:
            temporary.write_text(json.dumps(values, indent=2) + "\n")
