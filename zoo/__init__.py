"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

import importlib
from typing import TYPE_CHECKING

from zoo.environment import prepared

with prepared():
    from zoo import losses
    from zoo.generative_model import GenerativeModel
    from zoo.models.dcgan import DCGAN

if TYPE_CHECKING:
    from zoo import metrics

__version__ = "0.1.0"

__all__ = ["DCGAN", "GenerativeModel", "losses", "metrics"]


def __getattr__(name):
    if name == "metrics":  # SciPy is slow to import, and training needs none.
        return importlib.import_module("zoo.metrics")
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")
