"""Adam as the papers' code has it."""

from typing import Any

import keras


def adam(
    learning_rate: Any,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    **options: Any,
) -> keras.optimizers.Adam:
    """Returns Adam with an epsilon of 1e-8: Kingma and Ba 2015.

    That of their algorithm 1, of PyTorch and of TensorFlow 1, in which the
    models were published. Keras' own is 1e-7, which shows where gradients are
    small, as a GAN's are: the first updates are a few percent less.

    Args:
        learning_rate: A number, or a schedule.
        beta_1: Decay of the mean of gradients.
        beta_2: Decay of the mean of their squares.
        **options: Further arguments of `keras.optimizers.Adam`.
    """
    return keras.optimizers.Adam(
        learning_rate, beta_1, beta_2, epsilon=1e-8, **options
    )
