"""Optimizers that recipes share."""

from collections.abc import Mapping

import keras


def falling_adam(
    updates: Mapping[str, int],
    *,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    **rates: float,
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns Adam for each player, at a rate that falls to 0 along a cosine.

    Args:
        updates: Updates of each player in the whole training.
        beta_1: Adam's first decay.
        beta_2: Adam's second decay.
        **rates: First rate of each player, by its name.

    Returns:
        Arguments for a model's `compile`.
    """
    return {
        f"{player}_optimizer": keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(rate, updates[player]),
            beta_1=beta_1,
            beta_2=beta_2,
        )
        for player, rate in rates.items()
    }
