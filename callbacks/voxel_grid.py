"""Renders of the shapes that a model makes, through its training."""

import os
from typing import Any

import numpy as np
from PIL import Image

from zoo.utils import checks
from zoo.utils.files import replacing
from zoo.utils.grids import image_grid

from .sample_grid import SampleGrid


class VoxelGrid(SampleGrid):
    """Saves grids of rendered shapes, and shapes on a turntable.

    As `SampleGrid`, which renders the shapes of `zoo.GAN3D` too, with pictures
    of any size, and at the end of `fit` also `turntable.gif`, one row of
    shapes that turn about the vertical, and `voxels.npz`, their voxels, which
    `pipelines.voxels` and most tools read.

    Args:
        directory: Where the pictures go.
        size: Height and width of a render, in pixels.
        threshold: Probability above which a voxel is shown.
        frames: Views of the turntable, a whole turn; 0 for no turntable.
        **arguments: Further arguments of `SampleGrid`: `every`, `rows`,
            `columns`, `seed`, `animation`, `frame_ms`, `tensorboard`, and
            arguments for the model's `generate`.

    Raises:
        OSError: `directory` can't be written to.
        ValueError: An argument out of its range.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        size: int = 96,
        threshold: float = 0.5,
        frames: int = 24,
        **arguments: Any,
    ):
        checks.positive_integer("size", size)
        checks.fraction("threshold", threshold)
        checks.not_negative("frames", frames)
        super().__init__(directory, size=size, threshold=threshold, **arguments)
        self.frames_of_turn = int(frames)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Joins the grids, and turns the first shapes once around."""
        super().on_train_end(logs)
        if not self.frames_of_turn:
            return
        voxels = self.model.generate(self.columns, seed=self.seed)
        with replacing(self.directory / "voxels.npz") as temporary:
            np.savez_compressed(temporary, voxels=voxels)
        turns = np.linspace(-60, 300, self.frames_of_turn, endpoint=False)
        pictures = [
            image_grid(
                self.model.pictures(
                    self.columns,
                    inputs=voxels,
                    azimuth=float(azimuth),
                    **self.generate,
                ),
                self.columns,
            )
            for azimuth in turns
        ]
        with replacing(self.directory / "turntable.gif") as temporary:
            adaptive = Image.Palette.ADAPTIVE
            palette = [p.convert("P", palette=adaptive) for p in pictures]
            palette[0].save(
                temporary,
                save_all=True,
                append_images=palette[1:],
                duration=80,
                loop=0,
            )
