"""SRResNet: Ledig et al. 2017, arXiv:1609.04802."""

from typing import Any

import keras
from keras import ops

from zoo import backend
from zoo.engine.adam import adam
from zoo.models.super_resolution.super_resolution import SuperResolution


@keras.saving.register_keras_serializable(package="zoo")
class SRResNet(SuperResolution):
    """Residual network for super-resolution, trained on squared errors.

    The first stage of SRGAN, and what its weights start from. `generator` has
    16 residual blocks of 3x3 convolutions, batch normalization and PReLUs with
    a slope per channel, and enlarges by sub-pixel convolutions. Its output is
    linear; `upscale` clips it.

    Deviations from the paper: low images are in [-1, 1], as everywhere here,
    and not in [0, 1]; moving variances are the biased ones
    (`zoo.layers.BatchNormalization`).

    Args:
        scale: Factor of height and width: 2, 3, 4 (the paper's) or 8.
        filters: Filters of the hidden convolutions.
        blocks: Number of residual blocks.
        channels: Channels of the images, 1 to 4.
        batch_norm: Whether residual blocks are normalized by batch
            statistics.
        global_skip: Whether a bilinear enlargement of the image is added to
            the output, so that the network learns the rest alone, in far
            fewer steps (Kim et al. 2016, arXiv:1511.04587, of a bicubic one).
        generator: A network of one's own in place of the one that is built, a
            `keras.Model` from images `(height, width, channels)` of any size
            to ones `scale` times as large, float32.
        ema_decay: Decay of the average of the generator's weights that
            `upscale` then uses, in [0, 1), or `None`, as in the paper.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of pairs of float32 images in [-1, 1], `(low, high)`, of
    shapes `(batch, height, width, channels)` and `(batch, height * scale,
    width * scale, channels)`, such as `pipelines.super_resolution` makes.

    Logs: `mse_loss`, and `psnr_rgb` of the batch in decibels.

    Example:
    ```python
    pairs = pipelines.super_resolution("photos", crop_size=96, batch_size=16)
    model = zoo.SRResNet(scale=4, filters=32, blocks=4)
    model.compile()
    model.fit(pairs, epochs=10)
    large = model.upscale(images)  # (n, 4 * height, 4 * width, 3)
    ```
    """

    players = {"generator": ("generator",)}
    loss_names = ("mse_loss",)

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
        super().__init__(
            scale,
            filters,
            blocks,
            channels,
            batch_norm,
            global_skip,
            generator=generator,
            ema_decay=ema_decay,
            name=name,
            dtype=dtype,
        )

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's: Adam at 1e-4, betas 0.9 and 0.999."""
        return {"generator": adam(1e-4, name="generator")}

    def mse_loss(self, high: Any, generated: Any) -> dict[str, Any]:
        """Mean squared error of pixels: equation 4."""
        return {"mse_loss": ops.mean(ops.square(high - generated))}

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates the generator on one batch of pairs."""
        low, high = self.unpack(data)
        made = self.record(
            "generator", lambda: self.generator(low, training=True)
        )
        loss = self.minimize(
            "generator", lambda made: self.mse_loss(high, made), through=made
        )
        return self.log(**loss, **self.psnr(high, made.outputs))

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the loss of what `upscale` uses, unclipped."""
        low, high = self.unpack(data)
        generated = self(low, training=False)
        return self.log(
            **self.mse_loss(high, generated), **self.psnr(high, generated)
        )
