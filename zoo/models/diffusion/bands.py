"""Mean errors of parts of the times: where a network is good, and where not."""

from typing import Any

import keras
from keras import ops

from zoo.diffusion.schedules import Schedule

BANDS = 4


def band_trackers() -> list[keras.metrics.Mean]:
    """Returns a mean for each quarter of the times, the least noise first."""
    return [
        keras.metrics.Mean(f"denoiser_loss_{i + 1}_of_{BANDS}")
        for i in range(BANDS)
    ]


def update_bands(
    trackers: list[keras.metrics.Mean],
    errors: Any,
    times: Any,
    schedule: Schedule,
) -> dict[str, Any]:
    """Adds errors to the means of their times.

    Args:
        trackers: Of `band_trackers`.
        errors: Tensor `(batch,)`.
        times: Their whole times, `(batch,)`.
        schedule: Schedule that has these times.

    Returns:
        Dict of name to mean so far.
    """
    bands = times * BANDS // schedule.steps
    for i, tracker in enumerate(trackers):
        tracker.update_state(errors, ops.equal(bands, i))
    return {tracker.name: tracker.result() for tracker in trackers}
