"""What tests of training share: a tiny model, images, and other processes."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np

import zoo

ROOT = pathlib.Path(__file__).parents[2]
PACKAGES = pathlib.Path(zoo.__file__).parents[1]
SHAPE = (16, 16, 1)

# The backends, besides the one under test, that are installed to be tested,
# in a ring.
BACKENDS = ["tensorflow", "jax", "torch"]
BACKENDS = list(filter(importlib.util.find_spec, BACKENDS))
OWN = BACKENDS.index(keras.backend.backend())
NEXT_BACKEND = BACKENDS[(OWN + 1) % len(BACKENDS)]


def tiny_dcgan(**arguments):
    """Returns a compiled DCGAN that trains in milliseconds."""
    defaults = {"latent_dim": 8, "filters": 4, "ema_decay": 0.9}
    model = zoo.DCGAN(SHAPE, **(defaults | arguments))
    model.compile()
    return model


def tiny_diffusion(**arguments):
    """Returns a compiled diffusion model of three classes, as small."""
    defaults = {"num_classes": 3, "channels": 4, "multipliers": (1,)}
    defaults |= {"blocks": 1, "attention": (), "patch_size": 4}
    model = zoo.Diffusion(SHAPE, **(defaults | arguments))
    model.compile()
    return model


def random_images(count, seed=0):
    """Returns noise images in [-1, 1], shape `(count, *SHAPE)`."""
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, (count, *SHAPE)).astype("float32")


def state_of(model):
    """Returns every value that training changes, by its path."""
    variables = model.variables + model.optimizer.variables
    return [(v.path, keras.ops.convert_to_numpy(v).copy()) for v in variables]


def differing(state, other):
    """Returns the paths whose values are not equal to the last bit."""
    return [
        path
        for (path, value), (_, expected) in zip(state, other, strict=True)
        if not np.array_equal(value, expected)
    ]


def environment(backend=None, **changes):
    """Returns the environment of a process on a backend, by default this one.

    It finds what tests share, and the packages that this process imported,
    whether they are installed or stand in the working directory.
    """
    return os.environ | {
        "KERAS_BACKEND": backend or keras.backend.backend(),
        "PYTHONPATH": f"{PACKAGES}{os.pathsep}{ROOT / 'tests'}",
        "PYTHONSAFEPATH": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **changes,
    }


def start(*arguments, backend=None, **options):
    """Starts Python with `arguments` on a backend, by default this one."""
    options.setdefault("env", environment(backend))
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def run(*arguments, timeout=600, **options):
    """Runs Python to its end; returns exit code, stdout and stderr."""
    with start(*arguments, **options) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()  # Where it has not ended, also by Ctrl-C.
    return process.returncode, out, err


def invoke(*arguments):
    """Runs `zoo` in this process; returns its exit code and output."""
    from typer.testing import CliRunner

    from zoo.cli import app

    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, " ".join(result.output.split())
