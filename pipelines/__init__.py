"""Input pipelines: every function returns a ready `tf.data.Dataset`."""

from pipelines.emoji import noto_emoji, twemoji
from pipelines.fashion import fashion_mnist, fashion_mnist_10k
from pipelines.image_dataset import images
from pipelines.labelled_dataset import class_names, labelled_images
from pipelines.order import set_epoch
from pipelines.paired_dataset import paired_images
from pipelines.unpaired_dataset import unpaired_images
from pipelines.voxel_dataset import voxels

__all__ = [
    "class_names",
    "fashion_mnist",
    "fashion_mnist_10k",
    "images",
    "labelled_images",
    "noto_emoji",
    "paired_images",
    "set_epoch",
    "twemoji",
    "unpaired_images",
    "voxels",
]
