"""Trains every model on two replicas, and where it can be, on one beside.

Writes for each model what was found, as JSON.
"""

import contextlib
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)

from support.tiny_gan import snapshot  # noqa: E402

from zoo import backend  # noqa: E402

from .models import BATCH, TABLE  # noqa: E402

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
    """Makes each replica draw its share of one batch of noise."""
    random = np.random.default_rng(1)

    def share(values):
        values = tf.convert_to_tensor(values)

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
            count = tf.shape(images)[0]
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


def differing(model, strategy):
    """Returns paths of the state that is not the same on both replicas."""
    paths = []
    for variable in [*model.variables, *model.optimizer.variables]:
        one, other = strategy.experimental_local_results(variable.value)
        if not np.array_equal(one.numpy(), other.numpy()):
            paths.append(variable.path)
    return paths


def compared(entry, strategy):
    """Returns how far a step on two replicas is from the same on one.

    Of each variable that moved, the largest difference over the largest move;
    and the same of the logs.
    """
    models = [
        build(entry, scope, STEP, entry.exact)
        for scope in (contextlib.nullcontext(), strategy.scope())
    ]
    for model in models:
        draw_shares(model)
        widen(model)
    before = snapshot(models[0].trainable_variables)
    models[0].run_eagerly = True
    data = tf.data.Dataset.from_tensors(entry.data(BATCH))
    logs = [model.fit(data, verbose=0).history for model in models]
    one, two = (snapshot(model.trainable_variables) for model in models)
    moves = [np.abs(a - b).max() for a, b in zip(one, before, strict=True)]
    errors = [np.abs(a - b).max() for a, b in zip(one, two, strict=True)]
    shares = [x / m for x, m in zip(errors, moves, strict=True) if m > 1e-5]
    of_logs = [
        abs(logs[1][k][0] - v[0]) / abs(v[0]) for k, v in logs[0].items()
    ]
    return {
        "finite": bool(np.isfinite(list(logs[1].values())).all()),
        "moved": len(shares) / len(moves),
        "differing": differing(models[1], strategy),
        "weights": max(shares),
        "logs": max(of_logs),
    }


def trained(entry, strategy):
    """Returns whether it trains, and which variables differ on replicas."""
    model = build(entry, strategy.scope(), 0.01, {})
    initial = snapshot(model.trainable_variables)
    data = tf.data.Dataset.from_tensors(entry.data(BATCH)).repeat(2)
    history = model.fit(data, verbose=0).history
    pairs = zip(initial, snapshot(model.trainable_variables), strict=True)
    return {
        "finite": bool(np.isfinite(list(history.values())).all()),
        "moved": np.mean([(a != b).any() for a, b in pairs]),
        "differing": differing(model, strategy),
    }


def main(directory):
    """Writes what is found of each model to a file of its name."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    for entry in TABLE:
        look = trained if entry.exact is None else compared
        found = look(entry, strategy)
        path = pathlib.Path(directory, f"{entry.name}.json")
        path.write_text(json.dumps(found, default=float))


if __name__ == "__main__":
    main(sys.argv[1])
