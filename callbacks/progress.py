"""One progress bar for a whole training."""

import time
from typing import Any

import keras
from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.text import Text


class Progress(keras.callbacks.Callback):
    """Shows epochs, time left and losses, in two lines of the terminal.

    Where the output is not a terminal, prints one line per epoch instead.
    Pass `verbose=0` to `fit`, so that Keras' own bars don't mix with it.
    """

    first_process_alone = True
    """Of several PyTorch processes one shows it."""

    def __init__(self):
        super().__init__()
        self.live = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Opens the bar."""
        console = Console()
        self.task: Any = None
        self.shown = 0.0
        self.losses = Text()
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[of]}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        if console.is_terminal:
            self.live = Live(
                get_renderable=lambda: Group(self.bar, self.losses),
                console=console,
            )
            self.live.start()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Starts counting at the first epoch, which may not be epoch 0."""
        self.started = time.monotonic()
        of = self.params["epochs"]
        if self.task is None:
            steps = self.params.get("steps")
            total = steps and (of - epoch) * steps
            self.task = self.bar.add_task("train", total=total, epoch=0, of=of)
        self.bar.update(self.task, epoch=epoch + 1)
        self.seen = 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Moves the bar; the losses are read at most four times a second."""
        self.bar.update(self.task, advance=batch + 1 - self.seen)
        self.seen = batch + 1
        if self.live is not None and time.monotonic() - self.shown > 0.25:
            self.shown = time.monotonic()
            self.losses.plain = _line(logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Shows the epoch's means."""
        self.losses.plain = _line(logs)
        if self.live is None:
            seconds = time.monotonic() - self.started
            of = self.params["epochs"]
            print(
                f"epoch {epoch + 1}/{of}  {_line(logs)}  {seconds:.1f} s",
                flush=True,
            )

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the bar."""
        self.close()

    def close(self) -> None:
        """Gives the terminal back; to be called if `fit` was interrupted."""
        if self.live is not None:
            self.live.stop()
            self.live = None


def _line(logs):
    """Names and values; not `loss`, the sum of the others."""
    items = [(k, v) for k, v in (logs or {}).items() if k != "loss"]
    return "  ".join(f"{name} {_number(float(value))}" for name, value in items)


def _number(value):
    """Three places, or three digits of what has none there: rates are small."""
    return (
        f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"
    )
