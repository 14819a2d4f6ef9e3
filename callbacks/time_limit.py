"""Training for as long as there is time."""

import time
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo import backend
from zoo.utils import checks


class TimeLimit(keras.callbacks.Callback):
    """Stops a training before an epoch that would not end in time.

    Epochs are expected to take as long as the last one did. Pass it last, so
    that what the other callbacks do counts. With `TrainingState` a later `fit`
    goes on after the last epoch, exactly.

    Args:
        seconds: How long the training may take, from the start of `fit`.
        clock: Returns seconds; `time.monotonic` but in tests.

    Attributes:
        stopped: Whether it has stopped the training.

    Raises:
        ValueError: `seconds` is negative.
    """

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic
    ):
        super().__init__()
        self.seconds = checks.not_negative("seconds", seconds)
        self.clock = clock
        self.stopped = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self.end = self.clock() + self.seconds
        self.stopped = False

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Remembers when the epoch began."""
        self.begun = self.clock()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Stops, if the next epoch would end too late."""
        now = self.clock()
        late = now + (now - self.begun) > self.end
        # Where there are several processes, all stop if one would.
        late = bool(backend.agreed(ops.convert_to_tensor(float(late))) > 0)
        if late and epoch + 1 < self.params["epochs"]:
            self.stopped = self.model.stop_training = True
