"""Which epochs a training has time for, by a clock that tests set."""

import keras
import pytest
from support.harness import random_images, tiny_dcgan

import callbacks


@pytest.mark.parametrize(
    ("seconds", "epochs", "stopped"),
    [(0, 1, True), (19, 1, True), (20, 2, True), (39, 3, True), (40, 4, False)],
)
def test_begins_no_epoch_that_would_end_too_late(seconds, epochs, stopped):
    """Epochs of ten seconds, four of them asked for."""
    now = [100.0]

    def pass_time(epoch, logs):
        now[0] += 10

    work = keras.callbacks.LambdaCallback(on_epoch_end=pass_time)
    limit = callbacks.TimeLimit(seconds, clock=lambda: now[0])
    model = tiny_dcgan()
    history = model.fit(
        random_images(2), epochs=4, verbose=0, callbacks=[work, limit]
    )
    assert (len(history.epoch), limit.stopped) == (epochs, stopped)


def test_argument_errors():
    with pytest.raises(ValueError, match="`seconds`"):
        callbacks.TimeLimit(-1)
