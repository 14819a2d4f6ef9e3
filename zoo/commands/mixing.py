"""A picture of mixed styles: what `zoo mix` runs."""

import pathlib
from typing import Any

from zoo.engine.generative_model import GenerativeModel
from zoo.models.stylegan.model import StyleGAN
from zoo.utils.files import output_directory
from zoo.utils.grids import image_grid, save_picture


def mix(
    model: GenerativeModel,
    output: pathlib.Path,
    layers: str | tuple[int, int] = "coarse",
    rows: int = 4,
    columns: int = 6,
    seed: int = 0,
    truncation_psi: float = 1.0,
    labels: Any = None,
) -> None:
    """Writes a table of sources A that have some styles of sources B.

    Args:
        model: A `zoo.StyleGAN`.
        output: Picture to write.
        layers: Those that are copied, as `zoo.StyleGAN.style_grid` takes them.
        rows: Number of sources A.
        columns: Number of sources B.
        seed: Seed of A's latents, and of the noise; B's are of the next.
        truncation_psi: How far styles may be from their mean.
        labels: One class for all; by default all in turn.

    Raises:
        ValueError: Another model, or an argument out of its range.
        OSError: It can't be written.
    """
    if not isinstance(model, StyleGAN):
        raise ValueError(
            "Expected a zoo.StyleGAN: no other model has styles. "
            f"Received: {type(model).__name__}"
        )
    table = model.style_grid(
        model.latents(rows, seed),
        model.latents(columns, seed + 1),
        layers,
        seed,
        truncation_psi=truncation_psi,
        labels=labels,
        other_labels=labels,
    )
    output_directory(output.absolute().parent)
    images = table.reshape(-1, *table.shape[2:])
    save_picture(image_grid(images, 1 + columns), output)
