"""The learning rates of a training, beside its losses."""

from typing import Any

import keras

from zoo.engine.learning_rates import rate_column, rates_of


class LearningRates(keras.callbacks.Callback):
    """Logs each player's learning rate after epochs.

    The rate of the epoch's last update, as `generator_learning_rate` and so
    on, so that `CSVLogger`, `TensorBoard` and `Progress` see it if they come
    later in the list of callbacks.
    """

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Logs the rates."""
        if logs is None:
            return
        rates = rates_of(self.model.optimizer.members)
        logs.update({rate_column(name): rate for name, rate in rates.items()})
