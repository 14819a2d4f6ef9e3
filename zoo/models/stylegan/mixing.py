"""The table of mixed styles: a method, in a file of its own."""

# ruff: noqa: D417  `self` is a model, as in any of its methods.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from zoo.models.stylegan.sampling import StyleSampling

WHITE = 1.0


def style_grid(
    self: StyleSampling,
    rows: Any,
    columns: Any,
    layers: str | tuple[int, int] = "coarse",
    seed: int | None = None,
    batch_size: int = 64,
    truncation_psi: float = 1.0,
    labels: Any = None,
    other_labels: Any = None,
) -> np.ndarray:
    """Draws a table in which rows take on styles of columns.

    Figure 3 of the paper: sources A in the first column, sources B in the
    first row, and where they meet, A with some of its layers styled by B.
    All have the same noise, so that they differ by their styles alone.

    Args:
        rows: Latents of the sources A, `(rows, latent_dim)`, such as
            `latents` of the model draws.
        columns: Latents of the sources B, `(columns, latent_dim)`.
        layers: Those that are styled by B, as in `style_mix`: `"coarse"`,
            `"middle"`, `"fine"`, or a pair of integers.
        seed: Integer that fixes the noise; `None` draws other noise each time.
        batch_size: Images per forward pass.
        truncation_psi: How far styles may be from their mean: 1 as they are, 0
            all the same.
        labels: Classes of A, integers `(rows,)` in [0, num_classes) or one for
            all; by default all in turn. Only with `num_classes`.
        other_labels: Classes of B, `(columns,)`; by default all in turn.

    Returns:
        float32 array `(1 + rows, 1 + columns, size, size, channels)` in [-1,
        1], whose first image is white. For `zoo.image_grid`, join the first
        two axes.

    Raises:
        ValueError: An argument of wrong shape or out of its range.
    """
    down, across = (
        self.styles(latents, truncation_psi, labels=classes)
        for latents, classes in ((rows, labels), (columns, other_labels))
    )
    first, end = self._check_layers(layers)
    mixed = np.repeat(down[:, None], len(across), axis=1)
    mixed[:, :, first:end] = across[None, :, first:end]
    mixed = mixed.reshape(-1, *down.shape[1:])
    styles = np.concatenate([across, down, mixed])
    images = self.render(styles, seed, batch_size, same_noise=True)
    top, left, inner = np.split(images, [len(across), len(across) + len(down)])
    corner = np.full_like(top[:1], WHITE)
    inner = inner.reshape(len(down), len(across), *images.shape[1:])
    return np.concatenate(
        [
            np.concatenate([corner, top])[None],
            np.concatenate([left[:, None], inner], axis=1),
        ]
    )
