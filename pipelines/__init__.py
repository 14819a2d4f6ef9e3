"""Input pipelines: every function returns a ready `tf.data.Dataset`."""

# Before TensorFlow: on PyTorch, Keras imports Triton, which ends the process
# where TensorFlow was there first.
import keras  # noqa: F401  # isort: split

from .emoji import noto_emoji, twemoji
from .fashion import fashion_mnist, fashion_mnist_10k
from .image_dataset import images
from .labelled_dataset import class_names, labelled_images
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
    "super_resolution",
    "twemoji",
    "unpaired_images",
    "voxels",
]
