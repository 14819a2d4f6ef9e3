"""What must be settled before Keras is imported, for the command line alone.

Keras reads KERAS_BACKEND when it is imported, and importing `zoo` imports
Keras, so `zoo train --backend jax` has to look at its arguments here. In any
other program this module does nothing.
"""

import contextlib
import importlib.util
import logging
import os
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Literal, get_args

BackendName = Literal["tensorflow", "jax", "torch"]
BACKENDS = get_args(BackendName)


def is_command() -> bool:
    """Returns whether this process is `zoo ...` or `python -m zoo ...`."""
    script = pathlib.Path(sys.argv[0]).stem if sys.argv else ""
    return script == "zoo" or sys.orig_argv[1:3] == ["-m", "zoo"]


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Picks the asked backend and keeps its start-up messages away."""
    if not is_command():
        yield
        return
    backend = asked_backend(sys.orig_argv)
    if backend is not None and backend in BACKENDS:
        os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Off by default on some CPUs, where it makes convolutions twice as fast.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # It warns where images of several sizes make it compile several times.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _quiet_native_code():
        yield
        # Keras imports TensorFlow later on other backends too, to read data.
        if importlib.util.find_spec("tensorflow") is not None:
            importlib.import_module("tensorflow")


def asked_backend(arguments: Sequence[str]) -> str | None:
    """Returns the value of `--backend` in a command line, or `None`."""
    for i, argument in enumerate(arguments):
        if argument == "--backend":
            return arguments[i + 1] if i + 1 < len(arguments) else None
        if argument.startswith("--backend="):
            return argument.removeprefix("--backend=")
    return None


@contextlib.contextmanager
def _quiet_native_code():
    """Hides what TensorFlow's C++ code prints before it can be configured."""
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        yield
        return
    sys.stderr.flush()
    saved = os.dup(descriptor)
    with open(os.devnull, "w") as devnull:
        os.dup2(devnull.fileno(), descriptor)
    try:
        yield
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)
