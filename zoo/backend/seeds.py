"""Random seeds that differ between replicas and survive saving."""

from typing import Any

import keras
from keras import ops

from zoo import backend

# Far apart, so that replica 1 of seed 0 is not replica 0 of seed 1.
REPLICA_STRIDE = 1_000_003


@keras.saving.register_keras_serializable(package="zoo")
class SeedGenerator(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` that draws other noise on each replica.

    Under `tf.distribute.MirroredStrategy` Keras' own generator gives every
    replica the same seed, so that a batch of latents repeats itself once per
    replica. Here the replica's index is folded into the seed.

    Args:
        seed: Integer seed; `None` draws one from Python's `random`, which
            `keras.utils.set_random_seed` sets.
        name: Name of the generator.
    """

    def next(self, ordered: bool = True) -> Any:
        """Returns a seed, shape `(2,)`, and moves on to the next one.

        Args:
            ordered: Whether seeds count up; otherwise they jump about.
        """
        seed = super().next(ordered)
        offset = backend.replica_id() * REPLICA_STRIDE
        return seed + ops.cast(ops.stack([offset, 0]), seed.dtype)


def seed_states(model: keras.Model) -> list[keras.Variable]:
    """Returns the state variables of all seed generators within `model`.

    Args:
        model: A `keras.Model`, whose layers (dropout, noise) may have
            generators of their own.

    Returns:
        List of integer variables of shape `(2,)`, in a fixed order.
    """
    return [
        v
        for v in model.non_trainable_variables
        if v.name == "seed_generator_state"
    ]
