"""Learning rates that change as a training goes on."""

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that stays as it is and then falls to 0 on a line.

    CycleGAN's (Zhu et al. 2017, section 4) stays for 100 epochs and falls for
    100; that of WGAN-GP's residual networks falls from the start.

    Args:
        initial_learning_rate: The rate at first.
        constant_steps: Updates before it falls.
        decay_steps: Updates in which it falls to 0, where it then stays.

    Raises:
        ValueError: A rate or a number of updates that is negative, or
            `decay_steps` not positive.

    Example:
    ```python
    steps = 100 * len(dataset)
    rate = zoo.learning_rates.LinearDecay(2e-4, steps, steps)
    model.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
    )
    ```
    """

    def __init__(
        self,
        initial_learning_rate: float,
        constant_steps: float,
        decay_steps: int,
    ):
        self.initial_learning_rate = checks.not_negative(
            "initial_learning_rate", initial_learning_rate
        )
        self.constant_steps = checks.not_negative(
            "constant_steps", constant_steps
        )
        self.decay_steps = checks.positive_integer("decay_steps", decay_steps)

    def __call__(self, step: Any) -> Any:
        """Returns the rate of an update, the first of which is 0."""
        fallen = ops.cast(step, "float32") - self.constant_steps
        left = 1 - fallen / self.decay_steps
        return self.initial_learning_rate * ops.clip(left, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "constant_steps": self.constant_steps,
            "decay_steps": self.decay_steps,
        }


def inner(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """Returns the optimizer within one that scales losses, or itself.

    Args:
        optimizer: A member of a model's `OptimizerGroup`.
    """
    return getattr(optimizer, "inner_optimizer", optimizer)


def updates_of(optimizer: keras.optimizers.Optimizer) -> int:
    """Returns how many updates an optimizer has made.

    Args:
        optimizer: A built optimizer.
    """
    return int(ops.convert_to_numpy(inner(optimizer).iterations))


def rate_at(optimizer: keras.optimizers.Optimizer, update: int) -> float:
    """Returns the learning rate of an update.

    Args:
        optimizer: An optimizer.
        update: Number of the update, from 0. A rate without a schedule is
            that of now.
    """
    rate = inner(optimizer)._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = rate(update)
    elif not isinstance(rate, keras.Variable):
        rate = rate()  # Keras also takes a function.
    return float(ops.convert_to_numpy(rate))


def rates_of(
    members: dict[str, keras.optimizers.Optimizer],
) -> dict[str, float]:
    """Returns the learning rate of each player's last update.

    Args:
        members: Optimizers by player: `model.optimizer.members`.
    """
    return {
        name: rate_at(member, max(updates_of(member) - 1, 0))
        for name, member in members.items()
    }


def with_rate(
    optimizer: keras.optimizers.Optimizer, rate: Any
) -> keras.optimizers.Optimizer:
    """Returns a new optimizer of the same settings at another rate.

    Args:
        optimizer: An optimizer.
        rate: A number, a schedule, or the config of one.
    """
    config = optimizer.get_config() | {"learning_rate": rate}
    return type(optimizer).from_config(config)


_RATES = (
    "initial_learning_rate",
    "end_learning_rate",
    "warmup_target",
    "values",
)
"""What schedules call the rates that they go between."""


def scaled_rate(rate: Any, greatest: float) -> Any:
    """Returns a rate or a schedule, scaled so that its greatest rate is known.

    Args:
        rate: A number, or the config of a schedule.
        greatest: The greatest rate that it shall have.

    Returns:
        A number, or the config of a schedule of the same form.

    Raises:
        ValueError: A schedule that does not say between which rates it goes.
    """
    if not isinstance(rate, dict):
        return greatest
    config = rate["config"]
    found = {k: config[k] for k in _RATES if config.get(k) is not None}
    most = max(keras.tree.flatten(found), default=0)
    if not most:
        raise ValueError(
            "Only a schedule that names its rates can be scaled, by one of "
            f"{_RATES}. Received: {rate['class_name']} with {sorted(config)}"
        )
    factor = greatest / most
    scaled = keras.tree.map_structure(lambda x: x * factor, found)
    return rate | {"config": config | scaled}


def rate_column(player: str) -> str:
    """Returns the name by which a player's learning rate is logged.

    Args:
        player: A key of the model's `players`.
    """
    return f"{player}_learning_rate"


class RateWatch(keras.callbacks.Callback):
    """Warns of an epoch in which a learning rate was 0 throughout.

    `GenerativeModel.fit` has it: such an epoch is a waste of time, of a
    schedule that was made for a shorter training more often than not.
    """

    looks = 16
    """Updates of an epoch whose rate is asked for."""

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Remembers how many updates there were."""
        members = self.model.optimizer.members
        self.before = {k: updates_of(v) for k, v in members.items()}

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Asks for the rates of the epoch's updates, and warns."""
        for name, member in self.model.optimizer.members.items():
            # The next one too: a warm-up begins at 0, and goes on.
            first, following = self.before[name], updates_of(member)
            updates = np.linspace(first, following, self.looks).astype(int)
            if following == first or any(
                rate_at(member, int(i)) for i in updates
            ):
                continue
            warnings.warn(
                f"The learning rate of {name!r} was 0 for a whole epoch, so "
                "that it learned nothing. A schedule has to be made for all "
                "updates of the training: epochs times batches.",
                stacklevel=2,
            )
