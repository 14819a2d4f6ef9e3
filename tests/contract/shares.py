"""A step whose batch is shared, beside the same step of the whole batch."""

import keras
import numpy as np
from keras import ops
from support.tiny_gan import snapshot

from zoo import backend

from .models import BATCH

STEP = 0.5
"""Rate of gradient descent, at which a step can be told from rounding."""


def build(entry, scope, rate, arguments):
    """Returns a compiled model, within a strategy's scope."""
    with scope:
        model = entry.make(**arguments)
        model.compile(
            **{
                f"{player}_optimizer": keras.optimizers.SGD(rate)
                for player in model.players
            }
        )
    return model


def draw_shares(model, timesteps=10):
    """Makes each replica, or process, draw its share of one batch of noise."""
    random = np.random.default_rng(1)

    def share(values):
        values = ops.convert_to_tensor(values)

        def draw(count):
            return values[backend.replica_id() * count :][:count]

        return draw

    if hasattr(model, "latent_dim"):
        latents = random.standard_normal((BATCH, model.latent_dim), "float32")
        model.sample_latents = share(latents)
    elif hasattr(model, "schedule"):
        times = share(random.integers(0, timesteps, BATCH).astype("int32"))
        shape = (BATCH, *model.image_shape)
        noise = share(random.standard_normal(shape, "float32"))

        def sample_noise(images):
            count = ops.shape(images)[0]
            return times(count), noise(count)

        model.sample_noise = sample_noise


def widen(model):
    """Makes kernels wide enough that gradients are not lost in rounding.

    Those of nearly zero, as a U-Net's last one, would let none through.
    """
    random = np.random.default_rng(2)
    for variable in model.trainable_variables:
        if variable.name == "kernel":
            (value,) = snapshot([variable])
            noise = random.standard_normal(value.shape, "float32")
            variable.assign(noise / 10 if value.max() < 1e-3 else value * 5)


def distance(whole, shared, fit):
    """Returns how far a step of shares is from the same of the whole batch.

    Of each variable that moved, the largest difference over the largest move;
    and the same of the logs.

    Args:
        whole: Model that is given the whole batch.
        shared: The same, on several devices.
        fit: Function of a model that trains it by a step; returns its history.
    """
    logs, after = [], []
    for model in (whole, shared):
        draw_shares(model)
        widen(model)
        before = snapshot(model.trainable_variables)
        logs.append(fit(model))
        after.append(snapshot(model.trainable_variables))
    one, two = after
    moves = [np.abs(a - b).max() for a, b in zip(one, before, strict=True)]
    errors = [np.abs(a - b).max() for a, b in zip(one, two, strict=True)]
    shares = [x / m for x, m in zip(errors, moves, strict=True) if m > 1e-5]
    of_logs = [
        abs(logs[1][k][0] - v[0]) / abs(v[0]) for k, v in logs[0].items()
    ]
    return {
        "finite": bool(np.isfinite(list(logs[1].values())).all()),
        "moved": len(shares) / len(moves),
        "weights": max(shares),
        "logs": max(of_logs),
    }
