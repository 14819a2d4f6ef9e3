"""What models from low to high resolution share."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from PIL import Image

from zoo.engine import batches, networks
from zoo.engine.generative_model import GenerativeModel
from zoo.models.super_resolution.networks import (
    UPSAMPLING,
    build_srresnet,
)
from zoo.utils import checks


class SuperResolution(GenerativeModel):
    """A model whose `generator` enlarges images, of any size.

    `SRResNet` and `SRGAN` differ in what they are trained by.

    Args:
        scale: Factor of height and width: 2, 3, 4 or 8.
        filters: Filters of the hidden convolutions.
        blocks: Number of residual blocks.
        channels: Channels of the images, 1 to 4.
        batch_norm: Whether residual blocks are normalized by batch
            statistics.
        global_skip: Whether a bilinear enlargement of the image is added to
            the output, so that only the rest has to be learned.
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from images `(height, width, channels)` of any size
            to ones `scale` times as large, float32.
        ema_decay: Decay of the average of the generator's weights that
            `upscale` then uses, in [0, 1), or `None` for no average.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.
    """

    measure_names = ("psnr_rgb",)
    makes = {"generator": "enlarged"}
    usage = "large = model.upscale(images)"
    plain_rows = 2

    def __init__(
        self,
        scale: int = 4,
        filters: int = 64,
        blocks: int = 16,
        channels: int = 3,
        batch_norm: bool = True,
        global_skip: bool = False,
        *,
        generator: keras.Model | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(ema_decay=ema_decay, name=name, dtype=dtype)
        self.scale = int(checks.one_of("scale", scale, tuple(UPSAMPLING)))
        self.channels = int(checks.one_of("channels", channels, (1, 2, 3, 4)))
        self.filters = checks.positive_integer("filters", filters)
        self.blocks = checks.positive_integer("blocks", blocks)
        self.batch_norm = bool(batch_norm)
        self.global_skip = bool(global_skip)
        size = 16  # Stands for any.
        self.generator = self.given_or_built(
            "generator",
            generator,
            lambda: build_srresnet(**self.architecture()),
            [networks.tensor((size, size, self.channels), "images")],
            (self.scale * size, self.scale * size, self.channels),
        )
        self.average("generator")

    def architecture(self) -> dict[str, Any]:
        """Returns the arguments that make up the generator."""
        return {
            "scale": self.scale,
            "filters": self.filters,
            "blocks": self.blocks,
            "channels": self.channels,
            "batch_norm": self.batch_norm,
            "global_skip": self.global_skip,
        }

    @property
    def image_shape(self) -> tuple[None, None, int]:
        """Shape of the images that it makes: `(None, None, channels)`."""
        return (None, None, self.channels)

    @property
    def reach(self) -> int:
        """How far from a pixel, in those of low images, the network looks."""
        sizes = np.cumprod((1, *UPSAMPLING[self.scale]))
        convolutions = 4 + 2 * self.blocks + 1 + 4 / self.scale
        return math.ceil(convolutions + sum(1 / sizes[:-1]))

    def unpack(self, data: Any) -> tuple[Any, Any]:
        """Returns images of low and of high resolution."""
        low, high, _ = keras.utils.unpack_x_y_sample_weight(data)
        return ops.convert_to_tensor(low), ops.convert_to_tensor(high)

    def psnr(self, high: Any, generated: Any) -> dict[str, Any]:
        """Mean over images of `10 log10(2^2 / MSE)`, in decibels."""
        errors = ops.mean(ops.square(high - generated), axis=(1, 2, 3))
        return {"psnr_rgb": -10 * ops.mean(ops.log10(errors / 4 + 1e-12))}

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Maps images in [-1, 1] to images `scale` times as large."""
        network = self.generator if training else self.network("generator")
        return network(inputs, training=training)

    def upscale(
        self, images: Any, batch_size: int = 16
    ) -> np.ndarray | list[np.ndarray]:
        """Enlarges images of any size.

        Args:
            images: float array `(batch, height, width, channels)` in
                [-1, 1], or a list of arrays `(height, width, channels)` of
                different sizes.
            batch_size: Images per forward pass.

        Returns:
            float32 in [-1, 1]: an array `(batch, height * scale, width *
            scale, channels)`, or a list of arrays.

        Raises:
            ValueError: Images of another shape, dtype or range.
        """
        if isinstance(images, list | tuple):
            return [
                self.upscale(np.asarray(image)[None], 1)[0] for image in images
            ]
        shape = tuple(np.shape(images))
        size = shape[1:3] if len(shape) == 4 else ("height", "width")
        batches.check_images(images, (*size, self.channels))
        low = ops.convert_to_numpy(images).astype("float32")
        return np.clip(self._generate(low, len(low), batch_size), -1, 1)

    def pictures(
        self,
        count: int,
        seed: int | None = None,
        inputs: Any = None,
        batch_size: int = 16,
    ) -> np.ndarray:
        """Shows images beside what becomes of them.

        Args:
            count: Number of pictures.
            seed: Not used: nothing is random.
            inputs: At least `count` images `(n, height, width, channels)` in
                [-1, 1].
            batch_size: Images per forward pass.

        Returns:
            float32 array `(count, height * scale, 2 * width * scale,
            channels)`: bicubic enlargements on the left, the model's on the
            right.

        Raises:
            ValueError: There are fewer inputs, or none.
        """
        count = checks.positive_integer("count", count)
        if inputs is None or len(inputs) < count:
            received = None if inputs is None else len(inputs)
            raise ValueError(
                f"Expected at least {count} images to enlarge in `inputs` "
                "(on the command line, `zoo upscale`). "
                f"Received: {received}"
            )
        low = np.asarray(inputs[:count], "float32")
        smooth = np.clip(bicubic(low, self.scale), -1, 1)
        shown = [smooth, self.upscale(low, batch_size)]
        return np.concatenate(shown, axis=2)

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for pairs that can't be trained on."""
        if not isinstance(batch, list | tuple) or len(batch) < 2:
            raise ValueError(
                "Expected pairs (low, high) of images. "
                f"Received: {type(batch).__name__}"
            )
        low, high = batch[:2]
        size = self.crop_of(high)
        batches.check_images(high, (*size, self.channels), "high images")
        size = tuple(n // self.scale for n in size)
        batches.check_images(low, (*size, self.channels), "low images")

    def crop_of(self, high: Any) -> tuple[int, int]:
        """Returns height and width that high images have to have."""
        shape = tuple(np.shape(high))
        size = shape[1:3] if len(shape) == 4 else ()
        if not size or any(n % self.scale for n in size):
            raise ValueError(
                "Expected high images (batch, height, width, "
                f"{self.channels}), of height and width divisible by "
                f"{self.scale}. Received: shape={shape}"
            )
        return size

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), **self.architecture()}


def bicubic(images: np.ndarray, scale: int) -> np.ndarray:
    """Enlarges images by Pillow's bicubic filter, without rounding.

    Args:
        images: float32 array `(batch, height, width, channels)`.
        scale: Factor of height and width.

    Returns:
        float32 array, somewhat beyond the range of the images at edges.
    """
    size = (images.shape[2] * scale, images.shape[1] * scale)
    planes = [
        np.asarray(
            Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC)
        )
        for plane in np.moveaxis(images, -1, 1).reshape(-1, *images.shape[1:3])
    ]
    shape = (len(images), images.shape[-1], *size[::-1])
    return np.moveaxis(np.reshape(planes, shape), 1, -1)
