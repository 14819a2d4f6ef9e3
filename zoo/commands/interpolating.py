"""Films of the way between latents: what `zoo interpolate` runs."""

import inspect
import math
import pathlib
from typing import Any

import numpy as np

from zoo import latent
from zoo.engine.generative_model import GenerativeModel
from zoo.utils.files import output_directory
from zoo.utils.films import FILMS, check_film, save_film
from zoo.utils.grids import image_grid, save_picture

STRIP = ".png"
"""Ending of a picture that has all frames side by side."""

_COLUMNS = 12  # Most frames in a row of a strip.


def seeds_of(text: str) -> list[int]:
    """Returns the seeds that a text such as `0..7` or `0..7..3` names.

    Args:
        text: Integers from 0, with `..` between them.

    Returns:
        The seeds, at least two.

    Raises:
        ValueError: It is no such text.
    """
    parts = text.split("..")
    if len(parts) < 2 or not all(x.isascii() and x.isdigit() for x in parts):
        raise ValueError(
            "Expected seeds such as 0..7, or 0..7..3 to pass through several. "
            f"Received: {text!r}"
        )
    return list(map(int, parts))


def interpolate(
    model: GenerativeModel,
    seeds: list[int],
    output: pathlib.Path,
    between: int = 15,
    method: str | None = None,
    loop: bool = False,
    fps: float = 15,
    **arguments: Any,
) -> dict[str, Any]:
    """Writes pictures of what lies between the latents of seeds.

    All frames have the same labels and the same noise, so that they differ
    by their latents alone.

    Args:
        model: A model that generates from latents or, by diffusion, noise.
        seeds: At least two; of each the first latent.
        output: File to write: a film (`.gif`, `.webp`, `.mp4`), or all frames
            as one picture (`.png`).
        between: Frames between each seed and the next, from 0.
        method: `"slerp"` or `"linear"`; `None` for the one that suits the
            model's latents.
        loop: Whether to go back to the first seed at the end.
        fps: Frames per second of a film.
        **arguments: Further arguments of the model's `generate`; `labels` is
            one for all frames, by default the first class.

    Returns:
        Dict of what was done: `"frames"`, `"method"` and, of a model with
        classes, `"labels"`.

    Raises:
        ValueError: A model without latents, or an argument out of its range.
        ImportError: What writes such a film is not installed.
        OSError: It can't be written.
    """
    _check_output(output)
    points = first_latents(model, seeds)
    method = method or _method(model)
    steps = latent.path(points, between, method, loop)
    done = {"frames": len(steps), "method": method}
    if model.num_classes is not None:
        done["labels"] = arguments.setdefault("labels", 0)
    arguments = _steady(model, seeds[0]) | arguments
    made = model.pictures(len(steps), latents=steps, **arguments)
    output_directory(output.absolute().parent)
    if output.suffix.lower() == STRIP:
        save_picture(image_grid(made, _columns(len(made))), output)
    else:
        frames = [image_grid(x[None], 1, 0, _scale(made)) for x in made]
        save_film(frames, output, fps)
    return done


def first_latents(model: GenerativeModel, seeds: list[int]) -> np.ndarray:
    """Returns the first latent of each seed.

    Args:
        model: A model that generates from latents.
        seeds: The seeds.

    Returns:
        float32 array `(seeds, ...)`.

    Raises:
        ValueError: A model without latents.
    """
    draw = getattr(model, "latents", None)
    if draw is None:
        raise ValueError(
            "Expected a model that generates from latents; those that "
            "translate or enlarge images have none. "
            f"Received: {type(model).__name__}"
        )
    return np.concatenate([draw(1, seed=seed) for seed in seeds])


def _check_output(output):
    ending = output.suffix.lower()
    if ending in FILMS:
        check_film(output)
    elif ending != STRIP:
        raise ValueError(
            f"Expected a file that ends in one of {', '.join(FILMS)} or "
            f"{STRIP}. Received: {str(output)!r}"
        )


def _method(model):
    """Uniform latents fill a cube, which straight lines do not leave."""
    uniform = getattr(model, "prior", "normal") == "uniform"
    return "linear" if uniform else "slerp"


def _steady(model, seed):
    """Returns arguments by which frames share noise, where there is any."""
    takes = inspect.signature(model.generate).parameters
    return {
        **({"seed": seed} if model.draws_noise else {}),
        **({"same_noise": True} if "same_noise" in takes else {}),
        **({"verbose": 0} if "verbose" in takes else {}),
    }


def _columns(count):
    return min(_COLUMNS, count) if count <= 2 * _COLUMNS else math.isqrt(count)


def _scale(made):
    """Whole factor by which frames are 256 pixels wide, or nearly so."""
    return max(1, 256 // made.shape[2])
