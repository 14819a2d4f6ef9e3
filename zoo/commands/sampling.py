"""Samples of a model as files: what `zoo sample` runs."""

import dataclasses
import pathlib
from typing import Any

import numpy as np

from zoo.engine.generative_model import GenerativeModel
from zoo.models.gan3d import meshes
from zoo.models.gan3d.model import GAN3D
from zoo.utils import checks
from zoo.utils.files import output_directory, replacing
from zoo.utils.grids import image_grid, save_picture, save_pictures

COUNT = 64
"""Samples where nothing says how many."""

PNG = "png"
FORMATS = (PNG, *(ending[1:] for ending in meshes.MESHES))
"""What single files may be."""

_OF_LATENTS = {"temperature", "codes"}  # Arguments that change them.


@dataclasses.dataclass(frozen=True)
class Plan:
    """Where samples go, and what they are made of.

    Attributes:
        output: File to write: a picture, or of shapes a mesh.
        separate: Instead, a folder for a file of each; or `None`.
        format: What these files are: one of `FORMATS`.
        columns: Samples in a row of `output`.
        latents: `.npy` file of latents to use, or `None` to draw some.
        save_latents: `.npy` file to write the latents to, or `None`.
    """

    output: pathlib.Path
    separate: pathlib.Path | None = None
    format: str = PNG
    columns: int = 8
    latents: pathlib.Path | None = None
    save_latents: pathlib.Path | None = None

    @property
    def ending(self) -> str:
        """Ending of what is written, such as `.png`."""
        if self.separate is not None:
            return f".{self.format}"
        return self.output.suffix.lower()

    def check(self, model: GenerativeModel) -> None:
        """Makes sure that it can be done, before anything is.

        Args:
            model: What samples are to be of.

        Raises:
            ValueError: Another format, or a mesh of what is no shape.
            ImportError: What writes meshes is not installed.
        """
        checks.one_of("format", self.format, FORMATS)
        if self.separate is None and self.format != PNG:
            raise ValueError(
                "--format is of --separate files; --output's format is by its "
                f"ending. Received: --format {self.format}"
            )
        if self.ending not in meshes.MESHES:
            return
        if not isinstance(model, GAN3D):
            raise ValueError(
                f"Expected a model of shapes to write {self.ending} files of. "
                f"Received: {type(model).__name__}"
            )
        meshes.check_meshes(pathlib.Path(f"mesh{self.ending}"))


def sample(
    model: GenerativeModel,
    plan: Plan,
    count: int | None = None,
    seed: int | None = None,
    **arguments: Any,
) -> tuple[pathlib.Path, int]:
    """Draws samples and writes them.

    Args:
        model: The model.
        plan: Where to, and of what.
        count: Number of samples; by default that of the plan's latents, or
            `COUNT`.
        seed: Integer that fixes them, or `None`.
        **arguments: Further arguments of the model's `generate`.

    Returns:
        Tuple of the file or folder that was written, and how many samples
        there are.

    Raises:
        ValueError: A plan that does not suit the model, latents that do not,
            or as `generate`.
        ImportError: What writes meshes is not installed.
        OSError: A file can't be read or written.
    """
    plan.check(model)
    if plan.latents is not None or plan.save_latents is not None:
        latents, arguments = _latents(model, plan, count, seed, arguments)
        arguments["latents"] = latents
        count = len(latents) if count is None else count
        if plan.latents is None and not model.draws_noise:
            seed = None  # The latents are of it.
    count = COUNT if count is None else count
    if plan.ending in meshes.MESHES:
        threshold = arguments.pop("threshold", 0.5)
        voxels = model.generate(count, seed=seed, **arguments)
        written = _write_shapes(voxels, plan, threshold)
    else:
        images = model.pictures(count, seed=seed, **arguments)
        written = _write_pictures(images, plan)
    return written, count


def read_latents(path: pathlib.Path) -> np.ndarray:
    """Reads an array of a `.npy` file; nothing in it is executed.

    Args:
        path: The file.

    Returns:
        The array, of any dtype and at least one axis.

    Raises:
        ValueError: It is no `.npy` file of numbers.
        OSError: It can't be read.
    """
    try:
        with open(path, "rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
            return np.atleast_1d(array)
    except (ValueError, EOFError) as error:
        raise ValueError(
            "Expected a .npy file of numbers, as numpy.save writes it: "
            f"{error} Received: {str(path)!r}"
        ) from error


def _latents(model, plan, count, seed, arguments):
    """Returns latents, read or drawn, and the arguments that are left."""
    draw = getattr(model, "latents", None)
    if draw is None:
        raise ValueError(
            "Expected a model that generates from latents. "
            f"Received: {type(model).__name__}"
        )
    if plan.latents is not None:
        latents, left = read_latents(plan.latents), arguments
    else:
        told = {k: v for k, v in arguments.items() if k in _OF_LATENTS}
        latents = draw(COUNT if count is None else count, seed, **told)
        left = {k: v for k, v in arguments.items() if k not in told}
    if plan.save_latents is not None:
        output_directory(plan.save_latents.absolute().parent)
        with replacing(plan.save_latents) as file, open(file, "wb") as opened:
            np.save(opened, latents, allow_pickle=False)
    return latents, left


def _write_shapes(voxels, plan, threshold):
    if plan.separate is None:
        return meshes.save_meshes(voxels, plan.output, threshold, plan.columns)
    directory = output_directory(plan.separate)
    if any(x.stem.isdigit() for x in directory.glob(f"*{plan.ending}")):
        raise ValueError(
            "Expected a folder without numbered shapes of before. "
            f"Received: {str(directory)!r}"
        )
    for number, shape in enumerate(voxels):
        file = directory / f"{number:05}{plan.ending}"
        meshes.save_meshes(shape[None], file, threshold)
    return directory


def _write_pictures(images, plan):
    if plan.separate is not None:
        return save_pictures(images, output_directory(plan.separate))
    plan.output.parent.mkdir(parents=True, exist_ok=True)
    save_picture(image_grid(images, plan.columns), plan.output)
    return plan.output
