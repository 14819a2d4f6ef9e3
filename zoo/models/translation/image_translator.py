"""What models share that map images to images."""

import numpy as np

from zoo.engine.generative_model import GenerativeModel
from zoo.utils.grids import beside


class ImageTranslator(GenerativeModel):
    """A model with `translate(images, seed=..., ...)`.

    A subclass has `image_shape`, that of what it makes, and `source_shape`,
    that of what it takes, of the same width.
    """

    usage = "translated = model.translate(images, seed=0)"
    grid_rows = 4

    def pictures(self, count, seed=None, inputs=None, **arguments):
        """Translates images, to be looked at beside their source.

        Args:
            count: Number of pictures.
            seed: As of `translate`.
            inputs: At least `count` source images `(n, height, width,
                channels)`, or pairs side by side `(n, height, 2 width,
                channels)`, whose target is then shown too.
            **arguments: Further arguments of `translate`.

        Returns:
            float32 array `(count, height, 2 or 3 times width, channels)`: the
            source, its translation, and the target if it is known.

        Raises:
            ValueError: No, too few or unfit `inputs`.
        """
        if inputs is None or len(inputs) < count:
            raise ValueError(
                f"Expected {count} images to translate, as `inputs` (on the "
                "command line, `zoo translate`). Received: "
                f"{None if inputs is None else len(inputs)}"
            )
        _, width, channels = self.source_shape
        inputs = np.asarray(inputs[:count], "float32")
        source, target = inputs[:, :, :width], inputs[:, :, width:]
        source = source[..., :channels]
        made = self.translate(source, seed=seed, **arguments)
        return beside(source, made, *([target] if target.size else []))
