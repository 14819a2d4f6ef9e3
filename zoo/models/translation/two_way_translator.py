"""What models that translate between two domains of images are used by."""

import keras
import numpy as np
from keras import ops

from zoo.engine import batches
from zoo.engine.generative_model import GenerativeModel
from zoo.utils.grids import beside

DIRECTIONS = {"a_to_b": "generator_ab", "b_to_a": "generator_ba"}
"""Directions of a translation, and the attributes of the networks."""


class TwoWayTranslator(GenerativeModel):
    """Translates images of domain A to B, and of B to A.

    A subclass sets `image_shape`, that of both domains, and
    `identity_weight`, 0 where no image is translated to its own domain, and
    builds `generator_ab` and `generator_ba`.
    """

    inference_networks = tuple(DIRECTIONS.values())
    usage = 'images = model.translate(images, "a_to_b")'
    grid_rows = 4

    def unpack(self, data):
        """Returns the images of both domains, as tensors."""
        a, b, _ = keras.utils.unpack_x_y_sample_weight(data)
        return ops.convert_to_tensor(a), ops.convert_to_tensor(b)

    def translations(self, a, b, training):
        """Translates a batch of each domain, there and back.

        Args:
            a: Images of domain A.
            b: Images of domain B.
            training: Whether it is a training step.

        Returns:
            Dict of `fake_b` (G(a)), `fake_a` (F(b)), `cycled_a` (F(G(a))),
            `cycled_b` (G(F(b))) and, for the identity losses, `same_a` (F(a))
            and `same_b` (G(b)).
        """

        def through(generator, *images):
            # One pass for all, since each image is normalized by itself.
            outputs = generator(ops.concatenate(images), training=training)
            return ops.split(outputs, len(images))

        g, f = self.generator_ab, self.generator_ba
        if self.identity_weight:
            fake_b, same_b = through(g, a, b)
            fake_a, same_a = through(f, b, a)
            made = {"same_a": same_a, "same_b": same_b}
        else:
            (fake_b,), (fake_a,) = through(g, a), through(f, b)
            made = {}
        return {
            **made,
            "fake_a": fake_a,
            "fake_b": fake_b,
            "cycled_a": f(fake_b, training=training),
            "cycled_b": g(fake_a, training=training),
        }

    def call(self, images, training=False):
        """Maps images of domain A to B; `translate` also goes back."""
        name = "generator_ab"
        network = getattr(self, name) if training else self.network(name)
        return network(images, training=training)

    def translate(self, images, direction="a_to_b", batch_size=16):
        """Translates images from one domain to the other.

        Args:
            images: float array `(count, size, size, channels)` in [-1, 1].
            direction: `"a_to_b"` or `"b_to_a"`.
            batch_size: Images per forward pass.

        Returns:
            float32 array of the shape of `images`, in [-1, 1].

        Raises:
            ValueError: Another direction, or images of another shape, dtype
                or range.
        """
        name = generator_of(direction)
        batches.check_images(images, self.image_shape)
        images = ops.convert_to_numpy(images).astype("float32")
        return self._generate(
            images, len(images), batch_size, self.network(name)
        )

    def cycle(self, images, direction="a_to_b", batch_size=16):
        """Translates images to the other domain and back again.

        Args:
            images: As of `translate`, like all that follow.
            direction: Of the first translation.
            batch_size: Images per forward pass.

        Returns:
            float32 array of the shape of `images`, in [-1, 1].
        """
        there = self.translate(images, direction, batch_size)
        return self.translate(there, reverse_of(direction), batch_size)

    def pictures(
        self, count, seed=None, inputs=None, direction="a_to_b", batch_size=16
    ):
        """Shows images, their translations, and these translated back.

        Args:
            count: Number of pictures.
            seed: Not used: a translation has no randomness.
            inputs: At least `count` images, as of `translate`.
            direction: As of `translate`.
            batch_size: Images per forward pass.

        Returns:
            float32 array `(count, size, 3 * size, channels)` in [-1, 1].

        Raises:
            ValueError: As `translate`, or there are fewer inputs.
        """
        if inputs is None or len(inputs) < count:
            raise ValueError(
                f"Argument `inputs` must be at least {count} images to "
                "translate (on the command line, `zoo translate`). Received: "
                f"{'none' if inputs is None else len(inputs)}"
            )
        images = np.asarray(inputs[:count], "float32")
        there = self.translate(images, direction, batch_size)
        back = self.translate(there, reverse_of(direction), batch_size)
        return beside(images, there, back)

    def check_batch(self, batch):
        """Raises a ValueError for data that can't be trained on."""
        a, b, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(a, self.image_shape, "images of domain A")
        batches.check_images(b, self.image_shape, "images of domain B")
        if len(a) != len(b):
            raise ValueError(
                "Expected batches with as many images of domain A as of "
                f"domain B. Received: {len(a)} and {len(b)}"
            )


def generator_of(direction):
    """Returns the attribute of the network for a direction.

    Args:
        direction: A key of `DIRECTIONS`.

    Raises:
        ValueError: There is no such direction.
    """
    if direction not in DIRECTIONS:
        raise ValueError(
            f"Argument `direction` must be one of {list(DIRECTIONS)}. "
            f"Received: direction={direction!r}"
        )
    return DIRECTIONS[direction]


def reverse_of(direction):
    """Returns the other one of `DIRECTIONS`."""
    (other,) = set(DIRECTIONS) - {direction}
    return other
