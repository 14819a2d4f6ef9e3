"""A network of images of one size, run on images of any."""

from collections.abc import Callable

import keras
import numpy as np


class AnySize:
    """Networks that are fully convolutional, for images of other sizes.

    A plain object, so that Keras does not take what it holds for layers of
    the model: they are its own layers, once more.

    Args:
        multiple: What height and width have to be multiples of.
        least: Least height and width.
    """

    def __init__(self, multiple: int, least: int):
        self.multiple, self.least = multiple, least
        self._known: dict[tuple, tuple] = {}

    def run(
        self,
        network: keras.Model,
        images: np.ndarray,
        predict: Callable[[np.ndarray, keras.Model], np.ndarray],
    ) -> np.ndarray:
        """Runs a network on images that are mirrored to fit, and cut again.

        Args:
            network: A functional model from images to images of one size.
            images: float32 `(count, height, width, channels)`.
            predict: Runs a network on images that fit.

        Returns:
            float32 array, of the height and width of `images`.
        """
        height, width = images.shape[1:3]
        more = [
            max(size + -size % self.multiple, self.least) - size
            for size in (height, width)
        ]
        edges = [(n // 2, n - n // 2) for n in more]
        images = np.pad(images, [(0, 0), *edges, (0, 0)], mode="symmetric")
        made = predict(images, self._of_size(network, images.shape[1:]))
        (top, _), (left, _) = edges
        return made[:, top : top + height, left : left + width]

    def _of_size(self, network, shape):
        """Returns the same layers as a network of images of that shape."""
        if tuple(network.input_shape[1:]) == tuple(shape):
            return network
        key = (id(network), *shape)
        if key not in self._known:
            if len(self._known) >= 8:  # Each holds a compiled function.
                self._known.pop(next(iter(self._known)))
            # Kept with the network, whose number is another's once it is gone.
            again = keras.models.clone_model(
                network,
                input_tensors=keras.Input(shape),
                clone_function=lambda layer: layer,
            )
            self._known[key] = network, again
        return self._known[key][1]
