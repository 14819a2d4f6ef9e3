"""A history of generated images, for a discriminator that does not forget."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.backend.seeds import SeedGenerator
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class ImagePool(keras.layers.Layer):
    """Keeps past images and shows them in place of half of the new ones.

    Shrivastava et al. 2017, arXiv:1612.07828, section 2.3, as CycleGAN does
    it: until the pool is full each image is kept and shown; from then on, with
    probability 1/2, an image takes the place of a random one of the pool, which
    is shown instead.

    The images are state: a compiled step changes them, and they are saved,
    with how many there are and the seed of what comes next. Under
    `tf.distribute.MirroredStrategy` there is one pool for all replicas: the
    first replica's images go into it, and each replica's are exchanged for
    images of it by draws of its own.

    Args:
        size: Number of images, 0 for none, so that new images are shown.
        image_shape: Their shape.
        seed: Integer seed, or `None` for another one each time.
        dtype: Of the images, default `"float32"`.
        **kwargs: `name`, as of any Keras layer.

    Raises:
        ValueError: `size` is neither 0 nor a positive integer.
    """

    def __init__(
        self,
        size: int,
        image_shape: Sequence[int],
        seed: int | None = None,
        dtype: Any = "float32",
        **kwargs: Any,
    ):
        super().__init__(dtype=dtype, **kwargs)
        self.size = size and checks.positive_integer("size", size)
        self.image_shape = tuple(image_shape)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        state = {
            "initializer": "zeros",
            "trainable": False,
            "aggregation": "only_first_replica",
        }
        self.images = self.add_weight(
            name="images", shape=(self.size, *self.image_shape), **state
        )
        self.count = self.add_weight(
            name="count", shape=(), dtype="int32", **state
        )
        self.built = True

    def query(self, images: Any) -> Any:
        """Returns images to show, and keeps some of the new ones.

        Args:
            images: Tensor `(batch, *image_shape)`, which come one by one.

        Returns:
            Tensor of the same shape.
        """
        if not self.size:
            return images
        batch, seed = ops.shape(images)[0], self.seed_generator
        slots = keras.random.randint((batch,), 0, self.size, seed=seed)
        swaps = keras.random.uniform((batch,), seed=seed) < 0.5

        def exchange(i, state):
            pool, count, shown = state
            filling = count < self.size
            swapped = ops.logical_and(ops.logical_not(filling), swaps[i])
            slot = ops.where(filling, count, slots[i])
            new, past = images[i], ops.take(pool, slot, axis=0)
            kept = ops.where(ops.logical_or(filling, swapped), new, past)
            return (
                _put(pool, slot, kept),
                count + ops.cast(filling, "int32"),
                _put(shown, i, ops.where(swapped, past, new)),
            )

        state = (
            ops.convert_to_tensor(self.images),
            ops.convert_to_tensor(self.count),
            ops.zeros_like(images),
        )
        pool, count, shown = ops.fori_loop(0, batch, exchange, state)
        self.images.assign(pool)
        self.count.assign(count)
        return shown

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "size": self.size,
            "image_shape": self.image_shape,
            "seed": self.seed,
        }


def _put(images, index, image):
    """Returns the images with another one at an index."""
    there = ops.arange(ops.shape(images)[0], dtype="int32") == index
    axes = tuple(range(1, len(images.shape)))
    return ops.where(ops.expand_dims(there, axes), image, images)
