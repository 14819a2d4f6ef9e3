"""Exponential moving averages of networks' weights."""

from typing import Any

import keras
from keras import ops

from zoo.engine.networks import copied


@keras.saving.register_keras_serializable(package="zoo")
class ExponentialMovingAverage(keras.layers.Layer):
    """A copy of a network whose weights follow the original's, smoothed.

    After each update `average <- d * average + (1 - d) * weight`, where
    `d = min(decay, (1 + t) / (10 + t))` for the t-th update: the warm-up makes
    early averages forget the random initial weights. Batch statistics are
    averaged like weights, so that they belong to the averaged network; integer
    state is copied.

    Args:
        network: A built functional `keras.Model`.
        decay: Largest decay, in [0, 1).
    """

    def __init__(self, network: keras.Model, decay: float, **kwargs: Any):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.decay = decay
        self.network = copied(network)
        self.network.trainable = False
        self.updates = self.add_weight(
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="updates",
        )
        self.built = True

    def update(self, source: keras.Model) -> None:
        """Moves the average towards the weights of `source`.

        Args:
            source: The network that the average was made of.
        """
        t = ops.cast(self.updates, "float32")
        decay = ops.minimum(self.decay, (1 + t) / (10 + t))
        for average, value in zip(
            self.network.variables, source.variables, strict=True
        ):
            if keras.backend.is_float_dtype(average.dtype):
                value = average + (1 - decay) * (value - average)
            average.assign(value)
        self.updates.assign(self.updates + 1)

    def check(self, name: str, source: keras.Model) -> None:
        """Raises a ValueError if the source has other variables by now.

        Args:
            name: Attribute that holds the source.
            source: The network that the average was made of.
        """
        shapes, expected = (
            [tuple(v.shape) for v in network.variables]
            for network in (self.network, source)
        )
        if shapes != expected:
            raise ValueError(
                f"The network `{name}` has other variables than when its "
                "average was made: change it before it is given to the model, "
                "or make the model with ema_decay=None. Received: "
                f"{len(expected)} variables, {len(shapes)} in the average"
            )

    def begin_warm_up(self) -> None:
        """Lets what it has be forgotten: fine-tuning leaves that behind."""
        self.updates.assign(0)

    def end_warm_up(self) -> None:
        """Keeps what it has: an average that was loaded is no early one."""
        self.updates.assign(1_000_000)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the averaged network."""
        return self.network(*args, **kwargs)
