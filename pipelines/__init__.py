"""Input pipelines: every function returns a ready `tf.data.Dataset`.

A function's module is imported when it is first asked for: to list and read
image files, as `pipelines.sources` and `pipelines.decode` do, needs no
TensorFlow.
"""

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

# Before TensorFlow: on PyTorch, Keras imports Triton, which ends the process
# where TensorFlow was there first. Some versions do so only later: then here.
import keras  # isort: split

if keras.backend.backend() == "torch":
    with contextlib.suppress(ImportError):  # On CPUs there is none.
        importlib.import_module("triton")

if TYPE_CHECKING:
    from .emoji import noto_emoji, twemoji
    from .fashion import fashion_mnist, fashion_mnist_10k
    from .image_dataset import images
    from .labelled_dataset import class_names, labelled_images
    from .limits import set_limits
    from .order import set_epoch
    from .paired_dataset import paired_images
    from .photos import desktop_photos, held_out_photos
    from .super_resolution_dataset import (
        low_resolution,
        super_resolution,
    )
    from .unpaired_dataset import unpaired_images
    from .voxel_dataset import voxels

__all__ = [
    "class_names",
    "desktop_photos",
    "fashion_mnist",
    "fashion_mnist_10k",
    "held_out_photos",
    "images",
    "labelled_images",
    "low_resolution",
    "noto_emoji",
    "paired_images",
    "set_epoch",
    "set_limits",
    "super_resolution",
    "twemoji",
    "unpaired_images",
    "voxels",
]

_MODULES = {
    "class_names": "labelled_dataset",
    "desktop_photos": "photos",
    "fashion_mnist": "fashion",
    "fashion_mnist_10k": "fashion",
    "held_out_photos": "photos",
    "images": "image_dataset",
    "labelled_images": "labelled_dataset",
    "low_resolution": "super_resolution_dataset",
    "noto_emoji": "emoji",
    "paired_images": "paired_dataset",
    "set_epoch": "order",
    "set_limits": "limits",
    "super_resolution": "super_resolution_dataset",
    "twemoji": "emoji",
    "unpaired_images": "unpaired_dataset",
    "voxels": "voxel_dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise ModuleNotFoundError(
            f"pipelines.{name} reads data by TensorFlow, on every backend: "
            "pip install tensorflow. Models also train on arrays and on "
            "PyTorch's DataLoader, without it.",
            name="tensorflow",
        ) from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
