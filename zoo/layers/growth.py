"""Progressive growing: how far networks have grown, and their fading in."""

from typing import Any

import keras
from keras import ops

from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class Growth(keras.layers.Layer):
    """How far a network has grown: its stage, and the images seen in it.

    Networks of progressive growing (Karras et al. 2018, arXiv:1710.10196,
    figure 2) begin at a low resolution. Each further stage doubles it; its
    layers are faded in, and then trained for as long again.

    The state is part of the network: it is saved, averaged networks have a
    copy, and `level` gives it as one number. Stage 0 is 4x4 pixels.

    Args:
        first: First stage, 0 or more.
        last: Last stage, at which growing ends.
        fade_images: Images in which a stage's layers are faded in.
        stable_images: Images seen with all layers faded in before the next
            stage.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Attributes:
        stage: int32 variable, the stage.
        images: int32 variable, the images seen in this stage.

    Raises:
        ValueError: A number of images is not a positive integer.

    Input: anything with a batch axis. Output: the level, `(batch, 1)`.
    """

    def __init__(
        self,
        first: int,
        last: int,
        fade_images: int,
        stable_images: int,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.first = first
        self.last = last
        self.fade_images = checks.positive_integer("fade_images", fade_images)
        self.stable_images = checks.positive_integer(
            "stable_images", stable_images
        )
        self.stage = self._add_counter("stage", first)
        self.images = self._add_counter("images", 0)
        self.built = True

    def _add_counter(self, name, value):
        return self.add_weight(
            name=name,
            shape=(),
            dtype="int32",
            initializer=keras.initializers.Constant(value),
            trainable=False,
            aggregation="only_first_replica",
        )

    def level(self) -> Any:
        """Returns how many resolutions beyond 4x4 are faded in.

        Returns:
            float32 scalar: `stage` once it is faded in, `stage - 1` before,
            and between them meanwhile.
        """
        stage = ops.cast(self.stage, "float32")
        alpha = ops.cast(self.images, "float32") / self.fade_images
        fading = ops.cast(self.stage > self.first, "float32")
        return stage - fading * ops.relu(1 - alpha)

    def advance(self, count: Any) -> None:
        """Counts images of a training step, of all replicas together."""
        self.images.assign(self.images + count)

    def is_due(self) -> bool:
        """Returns whether it is time for the next stage."""
        stage, images = (
            int(ops.convert_to_numpy(v)) for v in (self.stage, self.images)
        )
        fading = self.fade_images if stage > self.first else 0
        return stage < self.last and images >= fading + self.stable_images

    def grow(self) -> None:
        """Begins the next stage."""
        self.stage.assign(self.stage + 1)
        self.images.assign(0)

    def call(self, inputs: Any) -> Any:
        """Returns the level, once for each of a batch."""
        level = ops.reshape(self.level(), (1, 1))
        return ops.repeat(level, ops.shape(inputs)[0], axis=0)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns `(batch, 1)`."""
        return (input_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "first": self.first,
            "last": self.last,
            "fade_images": self.fade_images,
            "stable_images": self.stable_images,
        }


@keras.saving.register_keras_serializable(package="zoo")
class FadeIn(keras.layers.Layer):
    """Blends what a stage makes into what there is without it.

    `(1 - alpha) before + alpha after`, where alpha is 0 up to the level of
    the stage before and 1 from its own on: Karras et al. 2018,
    arXiv:1710.10196, figure 2.

    Args:
        stage: The stage whose layers are faded in.
        **kwargs: `name` and `dtype`, as of any Keras layer.

    Input: a list of two tensors of one shape, without and with the stage's
    layers, and the level `(batch, 1)`. Output: of that shape.
    """

    def __init__(self, stage: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.stage = stage

    def call(self, inputs: Any) -> Any:
        """Returns the blend."""
        before, after, level = inputs
        alpha = ops.clip(level - (self.stage - 1), 0, 1)
        return before + alpha[:, None, None] * (after - before)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape of the first input."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "stage": self.stage}
