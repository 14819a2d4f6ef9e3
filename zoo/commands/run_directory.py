"""The directory of a training, and whose it is."""

import dataclasses
import json
import pathlib
import shutil
from typing import Any

from zoo.recipes.settings import FILE, Settings, read_settings
from zoo.utils.files import replacing

OWN_FILES = (
    FILE,
    "losses.csv",
    "losses.png",
    "distance.png",
    "model.keras",
    "best.keras",
)
OWN_DIRECTORIES = ("state", "samples", "tensorboard")


def claim(
    directory: pathlib.Path, settings: Settings, overwrite: bool, resume: bool
) -> dict[str, Any]:
    """Makes sure that a directory is for this training and no other.

    Args:
        directory: The directory, which exists.
        settings: What is to be trained.
        overwrite: Whether to remove an earlier training.
        resume: Whether what is there is gone on with, under other settings.

    Returns:
        What stands in the settings of a training that was there; else empty.

    Raises:
        ValueError: It holds another training.
    """
    if overwrite:
        for name in OWN_FILES:
            (directory / name).unlink(missing_ok=True)
        for name in OWN_DIRECTORIES:
            shutil.rmtree(directory / name, ignore_errors=True)
    if not (directory / FILE).exists():
        return {}
    earlier, written = read_settings(directory)
    found, wanted = _plain(earlier), _plain(settings)
    different = [k for k in wanted if wanted[k] != found[k]]
    if different and not resume:
        raise ValueError(
            f"{directory} holds another training; give overwrite or another "
            f"directory, or go on with it: zoo train --resume {directory}, "
            "with another learning rate, backend or number of epochs. "
            + " ".join(
                f"Expected {k}={found[k]!r}. Received: {k}={wanted[k]!r}."
                for k in different
            )
        )
    return written


def write_settings(
    directory: pathlib.Path, settings: Settings, more: dict[str, Any]
) -> None:
    """Writes `settings.json`.

    Args:
        directory: The directory.
        settings: What was asked for.
        more: What came of it.
    """
    text = json.dumps(_plain(settings) | more, indent=2, default=str)
    with replacing(directory / FILE) as temporary:
        temporary.write_text(text + "\n")


def _plain(settings):
    """As they are read again."""
    return json.loads(json.dumps(dataclasses.asdict(settings)))
