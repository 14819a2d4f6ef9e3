"""What `tests/golden/make_cyclegan.py` computed, and a model to compare."""

import pathlib

import keras
import numpy as np

import zoo

RATE = 0.1
NETWORKS = (
    "generator_ab",
    "generator_ba",
    "discriminator_a",
    "discriminator_b",
)


def read():
    """Returns a dict of the golden arrays."""
    path = pathlib.Path(__file__).parents[1] / "golden" / "cyclegan.npz"
    with np.load(path) as file:
        return dict(file)


def arrays_of(golden, what, network):
    """Returns a network's golden arrays, in the order of its weights."""
    prefix = f"{what}/{network}/"
    return [value for key, value in golden.items() if key.startswith(prefix)]


def golden_model(golden):
    """Returns a CycleGAN with the golden weights, to descend at `RATE`."""
    model = zoo.CycleGAN(
        (16, 16, 3), filters=2, blocks=1, receptive_field=16, pool_size=3
    )
    for name in NETWORKS:
        getattr(model, name).set_weights(arrays_of(golden, "initial", name))
    model.compile(
        generator_optimizer=keras.optimizers.SGD(RATE, momentum=0.9),
        discriminator_optimizer=keras.optimizers.SGD(RATE, momentum=0.9),
    )
    return model


def gradient_errors(model, golden):
    """Returns each network's largest error of the gradients of one step.

    Relative to the network's largest gradient: those of biases before a
    normalization are 0.
    """
    errors = {}
    for name in NETWORKS:
        expected = arrays_of(golden, "gradient", name)
        largest = max(np.abs(gradient).max() for gradient in expected)
        moves = zip(
            arrays_of(golden, "initial", name),
            getattr(model, name).get_weights(),
            expected,
            strict=True,
        )
        errors[name] = max(
            np.abs((before - after) / RATE - gradient).max() / largest
            for before, after, gradient in moves
        )
    return errors
