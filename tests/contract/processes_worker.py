"""Trains every model in two PyTorch processes, this one of them.

Writes for each model what was found, as JSON. Started twice, with its index.
"""

import contextlib
import functools
import json
import pathlib
import sys

import keras
import numpy as np
import torch
from support.tiny_gan import snapshot
from torch import distributed

import callbacks

from .models import BATCH, TABLE, compile_small
from .shares import STEP, build, distance

torch.set_num_threads(1)


def differing(model, before):
    """Returns paths of the state that is not the same in both processes."""
    state = [*model.variables, *model.optimizer.variables]
    values = [torch.from_numpy(np.array(x)) for x in snapshot(state)]
    paths = []
    for variable, own in zip(state, values, strict=True):
        first = own.clone()
        distributed.broadcast(first, 0)
        if not torch.equal(own, first):
            paths.append(variable.path)
    found = [None, None]
    distributed.all_gather_object(found, paths)
    return found[1]


def examine(entry, rank, join):
    """Returns what is found of a model."""

    def fit(model):
        arguments = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
        return model.fit(*entry.data(BATCH), **arguments).history

    here = contextlib.nullcontext()
    if entry.exact is None:
        join()
        model = build(entry, here, 0.01, {})
        initial = snapshot(model.trainable_variables)
        history = [fit(model), fit(model)][1]
        pairs = zip(initial, snapshot(model.trainable_variables), strict=True)
        found = {
            "finite": bool(np.isfinite(list(history.values())).all()),
            "moved": np.mean([(a != b).any() for a, b in pairs]),
        }
    else:
        whole, shared = (build(entry, here, STEP, entry.exact) for _ in "ab")
        if rank:  # The first process's weights are everyone's.
            for variable in shared.trainable_variables:
                variable.assign(variable * 0)

        def fit_alone_then_together(model):
            if model is shared:
                join()
            return fit(model)

        found = distance(whole, shared, fit_alone_then_together)
        model = shared
    found["differing"] = differing(model, rank)
    distributed.destroy_process_group()
    return found


def look_around(directory, rank):
    """Returns what two processes refuse, and which files they write."""
    model = compile_small(TABLE[0].make())
    (images,) = TABLE[0].data(3)
    found = {}
    for name, call in {
        "arrays": lambda: model.fit(images, verbose=0),
        "batch": lambda: model.train_on_batch(images),
    }.items():
        try:
            call()
        except ValueError as error:
            found[name] = str(error)
    limit = callbacks.TimeLimit(seconds=0 if rank else 1000)
    history = model.fit(
        TABLE[0].data(4)[0],
        batch_size=2,
        epochs=3,
        verbose=0,
        callbacks=[
            callbacks.SampleGrid(directory / f"grids-{rank}"),
            keras.callbacks.CSVLogger(directory / f"log-{rank}.csv"),
            limit,
        ],
    )
    found["epochs"] = [None, None]
    distributed.all_gather_object(found["epochs"], history.epoch)
    model.save(directory / f"model-{rank}.keras")
    model.save_weights(directory / f"weights-{rank}.weights.h5")
    distributed.barrier()
    files = [x for x in directory.rglob("*-*") if x.is_file()]
    return found | {"files": sorted(path.name for path in files)}


def write(directory, rank, name, found):
    """Writes what was found, once."""
    if rank == 0:
        path = directory / f"{name}.json"
        path.write_text(json.dumps(found, default=float))


def main(directory, rank):
    """Writes what is found of each model to a file of its name."""

    def join(name):
        distributed.init_process_group(
            "gloo",
            init_method=f"file://{directory}/{name}.group",
            rank=rank,
            world_size=2,
        )

    for entry in TABLE:
        found = examine(entry, rank, functools.partial(join, entry.name))
        write(directory, rank, entry.name, found)
    join("processes")
    write(directory, rank, "processes", look_around(directory, rank))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
