"""Trains every model on two replicas, and where it can be, on one beside.

Writes for each model what was found, as JSON.
"""

import contextlib
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)

from support.tiny_gan import snapshot  # noqa: E402

from .models import BATCH, TABLE  # noqa: E402
from .shares import STEP, build, distance  # noqa: E402


def differing(model, strategy):
    """Returns paths of the state that is not the same on both replicas."""
    paths = []
    for variable in [*model.variables, *model.optimizer.variables]:
        one, other = strategy.experimental_local_results(variable.value)
        if not np.array_equal(one.numpy(), other.numpy()):
            paths.append(variable.path)
    return paths


def compared(entry, strategy):
    """Returns how far a step on two replicas is from the same on one."""
    models = [
        build(entry, scope, STEP, entry.exact)
        for scope in (contextlib.nullcontext(), strategy.scope())
    ]
    models[0].run_eagerly = True
    data = tf.data.Dataset.from_tensors(entry.data(BATCH))
    found = distance(*models, lambda model: model.fit(data, verbose=0).history)
    return found | {"differing": differing(models[1], strategy)}


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
