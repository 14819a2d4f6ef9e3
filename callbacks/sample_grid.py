"""Pictures of what a model makes, through its training."""

import io
import os
import pathlib
from typing import Any

import keras
from PIL import Image

from zoo.utils import checks
from zoo.utils.files import output_directory, replacing
from zoo.utils.grids import image_grid, save_picture


class SampleGrid(keras.callbacks.Callback):
    """Saves grids of samples of the same latents, and an animation of them.

    Writes `epoch-0000.png` before training, `epoch-0001.png` after the first
    epoch and so on, and `training.gif` when `fit` ends. The latents are fixed
    by `seed`, so that the pictures show one set of samples changing; averaged
    weights are used where the model keeps them. A model with labels shows
    the same latents in one row for each; one that translates shows `inputs`.

    Args:
        directory: Where the pictures go.
        every: Epochs between grids.
        rows: Rows of a grid; by default as many as suit the model.
        columns: Columns of a grid.
        seed: Integer seed of the latents.
        animation: `"gif"`, `"webp"` or `None`.
        frame_ms: Milliseconds per picture of the animation; the last one
            stays for at least two seconds.
        inputs: For a model that translates, images of the shape that it
            takes; `rows * columns` are shown, or all of fewer.
        tensorboard: Directory of TensorBoard event files to also write the
            grids to as images; needs the package `tensorboard`.
        **generate: Further arguments for the model's `generate`, over those of
            its `preview_arguments`.

    Raises:
        OSError: `directory` can't be written to.
        ValueError: An argument out of its range.
    """

    first_process_alone = True
    """Of several PyTorch processes one writes pictures."""

    def __init__(
        self,
        directory: str | os.PathLike,
        every: int = 1,
        rows: int | None = None,
        columns: int = 8,
        seed: int = 0,
        animation: str | None = "gif",
        frame_ms: int = 200,
        inputs: Any = None,
        tensorboard: str | os.PathLike | None = None,
        **generate: Any,
    ):
        super().__init__()
        self.every = checks.positive_integer("every", every)
        if rows is not None:
            rows = checks.positive_integer("rows", rows)
        self.rows = rows
        self.columns = checks.positive_integer("columns", columns)
        self.frame_ms = checks.positive_integer("frame_ms", frame_ms)
        if animation not in ("gif", "webp", None):
            raise ValueError(
                "Argument `animation` must be 'gif', 'webp' or None. "
                f"Received: animation={animation!r}"
            )
        self.directory = output_directory(directory)
        self.seed = seed
        self.inputs = inputs
        self.animation = animation
        self.writer = None if tensorboard is None else _writer(tensorboard)
        self.generate = generate
        self.newest = 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Shows what the model makes before it has learned anything."""
        if epoch == 0:
            self._save(0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves a grid, if it is time for one."""
        if (epoch + 1) % self.every == 0:
            self._save(epoch + 1)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Joins the grids, earlier runs' of a resumed training included."""
        if self.animation is None:
            return
        # None is new where a training goes on that was at its end.
        newest = self.newest or getattr(self.model, "_initial_epoch", 0) or 0
        files = [f for f in self.frames() if _epoch(f) <= newest]
        if files:
            path = self.directory / f"training.{self.animation}"
            _animate(files, path, self.frame_ms)

    def frames(self) -> list[pathlib.Path]:
        """Returns the saved grids, oldest first."""
        return sorted(self.directory.glob("epoch-*.png"), key=_epoch)

    def _save(self, epoch):
        generate = {**self.model.preview_arguments(), **self.generate}
        rows = self.rows or self.model.grid_rows
        count = rows * self.columns
        if self.inputs is not None:
            count = min(count, len(self.inputs))
        images = self.model.pictures(count, self.seed, self.inputs, **generate)
        picture = image_grid(images, self.columns)
        save_picture(picture, self.directory / f"epoch-{epoch:04d}.png")
        self.newest = epoch
        if self.writer is not None:
            _write_summary(self.writer, picture, epoch)


def _epoch(file):
    return int(file.stem.removeprefix("epoch-"))


def _animate(files, path, frame_ms):
    frames = []
    for file in files:
        with Image.open(file) as frame:
            # Grey stays grey: half the bytes. Animations have no alpha.
            frames.append(frame.convert("L" if frame.mode == "L" else "RGB"))
    hold = max(2000, frame_ms)
    with replacing(path) as temporary:
        frames[0].save(
            temporary,
            save_all=True,
            append_images=frames[1:],
            duration=[frame_ms] * (len(frames) - 1) + [hold],
            loop=0,
        )


def _writer(directory):
    try:
        # Optional.
        from tensorboard.summary.writer import event_file_writer
    except ImportError as error:
        raise ImportError(
            "SampleGrid(tensorboard=...) needs the package tensorboard: "
            "pip install tensorboard"
        ) from error
    return event_file_writer.EventFileWriter(str(directory))


def _write_summary(writer, picture, epoch):
    # Optional.
    from tensorboard.compat.proto import event_pb2, summary_pb2

    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    image = summary_pb2.Summary.Image(
        height=picture.height,
        width=picture.width,
        colorspace=len(picture.getbands()),
        encoded_image_string=encoded.getvalue(),
    )
    value = summary_pb2.Summary.Value(tag="samples", image=image)
    summary = summary_pb2.Summary(value=[value])
    writer.add_event(event_pb2.Event(step=epoch, summary=summary))
    writer.flush()
