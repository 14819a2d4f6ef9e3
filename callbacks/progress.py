"""One progress bar for a whole training."""

import time

import keras
from rich import progress


class Progress(keras.callbacks.Callback):
    """Shows epochs, losses and the time left in one line of the terminal.

    Where the output is not a terminal, prints one line per epoch instead.
    Pass `verbose=0` to `fit`, so that Keras' own bars don't mix with it.
    """

    def on_train_begin(self, logs=None):
        """Opens the bar."""
        self.bar = progress.Progress(
            progress.TextColumn("epoch {task.fields[epoch]}/{task.fields[of]}"),
            progress.BarColumn(bar_width=20),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[losses]}"),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
        )
        self.task = None
        self.bar.start()

    def on_epoch_begin(self, epoch, logs=None):
        """Starts counting at the first epoch, which may not be epoch 0."""
        self.started = time.monotonic()
        of = self.params["epochs"]
        if self.task is None:
            steps = self.params.get("steps")
            self.task = self.bar.add_task(
                "train",
                total=steps and (of - epoch) * steps,
                epoch=epoch + 1,
                of=of,
                losses="",
            )
        self.bar.update(self.task, epoch=epoch + 1)
        self.seen = 0

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar; the losses are read at most four times a second."""
        fresh = time.monotonic() - getattr(self, "shown", 0) > 0.25
        if fresh and self.bar.console.is_terminal:
            self.shown = time.monotonic()
            self.bar.update(self.task, losses=_line(logs))
        self.bar.update(self.task, advance=batch + 1 - self.seen)
        self.seen = batch + 1

    def on_epoch_end(self, epoch, logs=None):
        """Shows the epoch's means."""
        self.bar.update(self.task, losses=_line(logs))
        if not self.bar.console.is_terminal:
            seconds = time.monotonic() - self.started
            of = self.params["epochs"]
            print(
                f"epoch {epoch + 1}/{of}  {_line(logs)}  {seconds:.1f} s",
                flush=True,
            )

    def on_train_end(self, logs=None):
        """Closes the bar."""
        self.close()

    def close(self):
        """Gives the terminal back; to be called if `fit` was interrupted."""
        if self.bar.console.is_terminal:
            self.bar.stop()


def _line(logs):
    items = (logs or {}).items()
    return "  ".join(f"{name} {float(value):.3f}" for name, value in items)
