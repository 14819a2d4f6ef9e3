"""The U-Net of DDPM: Ho, Jain, Abbeel 2020, arXiv:2006.11239, appendix B."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from zoo.layers import (
    Conv2D,
    DepthToSpace,
    FanAverage,
    GroupNormalization,
    NearestUpsampling,
    ResidualBlock,
    SelfAttention,
    SpaceToDepth,
    TimeEmbedding,
)
from zoo.models.diffusion.architecture import TIME_INPUTS, Architecture


def build_unet(
    image_shape: Sequence[int],
    channels: int = 128,
    multipliers: Sequence[float] = (1, 2, 2, 2),
    blocks: int = 2,
    attention: Sequence[int] = (16,),
    dropout: float = 0.1,
    num_classes: int | None = None,
    patch_size: int = 1,
    **details: Any,
) -> keras.Model:
    """Builds the network that predicts what is noise in noisy images.

    For 32x32x3 images the defaults are the paper's CIFAR-10 network of
    35,746,307 parameters. Layers are named by level and block, such as
    `down_1_block_0`, `down_1_attention_0`, `down_1_halve`, `middle_block_0`,
    `up_1_block_2`, `up_1_double`.

    Args:
        image_shape: As each of these in `Architecture`: height, width and
            channels.
        channels: Width of the first maps.
        multipliers: Each level's width over `channels`.
        blocks: Residual blocks of a level on the way down.
        attention: Heights of the maps with self-attention.
        dropout: Fraction dropped in residual blocks.
        num_classes: Number of classes, or `None`.
        patch_size: Side of the patches folded into channels.
        **details: The other attributes of `Architecture`.

    Returns:
        A functional model "denoiser". Its inputs are images `(batch, height,
        width, channels)`, times `(batch,)`, which may be fractional, and with
        `num_classes` int32 labels `(batch,)`, of which `num_classes` is none;
        its output has the images' shape, float32.

    Raises:
        ValueError: An argument out of its range.

    Example:
    ```python
    denoiser = build_unet((32, 32, 3), num_classes=10)
    noise = denoiser([images, times, labels])
    ```
    """
    architecture = Architecture(
        image_shape,
        channels,
        multipliers,
        blocks,
        attention,
        dropout,
        num_classes,
        patch_size,
        **details,
    )
    images = keras.Input(tuple(image_shape), name="images")
    times = keras.Input((), name="times")
    inputs = [images, times]
    if num_classes is not None:
        inputs.append(keras.Input((), dtype="int32", name="labels"))
    embedding = _embed(architecture, *inputs[1:])
    x = SpaceToDepth(patch_size, name="fold")(images)
    folded = x.shape[-1]
    x = _conv(channels, name="first")(x)
    x, skips = _down(architecture, x, embedding)
    x = _middle(architecture, x, embedding)
    x = _up(architecture, x, skips, embedding)
    x = GroupNormalization(**architecture.norm, name="last_norm")(x)
    x = layers.Activation("silu", name="last_swish")(x)
    x = _conv(folded, kernel_initializer=FanAverage(0), name="last")(x)
    x = DepthToSpace(patch_size, name="unfold", dtype="float32")(x)
    return keras.Model(inputs, x, name="denoiser")


def _embed(architecture, times, labels=None):
    """Returns the embedding of times and labels, after a swish.

    In float32: it is short, and says which of 1000 steps it is.
    """
    width = 4 * architecture.channels
    x = TimeEmbedding(
        architecture.channels,
        shift=architecture.shift,
        cosine_first=architecture.cosine_first,
        scale=TIME_INPUTS[architecture.time_input],
        name="time_waves",
    )(times)
    for i, activation in enumerate(("silu", None)):
        x = layers.Dense(
            width,
            activation,
            kernel_initializer=FanAverage(),
            dtype="float32",
            name=f"time_{i}",
        )(x)
    if labels is not None:
        table = layers.Embedding(
            architecture.num_classes + 1,
            width,
            embeddings_initializer=FanAverage(),
            dtype="float32",
            name="label",
        )
        x = layers.Add(dtype="float32", name="condition")([x, table(labels)])
    return layers.Activation("silu", dtype="float32", name="embedding")(x)


def _down(architecture, x, embedding):
    """Returns the narrowest map, and all maps for the way up."""
    skips = [x]
    levels = zip(architecture.widths, architecture.heights, strict=True)
    for i, (width, height) in enumerate(levels):
        if i:
            x = _halve(architecture, x, f"down_{i - 1}_halve")
            skips.append(x)
        for j in range(architecture.blocks):
            x = _block(architecture, width, f"down_{i}_block_{j}")(x, embedding)
            if height in architecture.attention:
                x = _attention(architecture, width, f"down_{i}_attention_{j}")(
                    x
                )
            skips.append(x)
    return x, skips


def _middle(architecture, x, embedding):
    width = architecture.widths[-1]
    x = _block(architecture, width, "middle_block_0")(x, embedding)
    x = SelfAttention(
        architecture.heads_of(width),
        groups=architecture.middle_groups or architecture.groups,
        epsilon=architecture.epsilon,
        name="middle_attention",
    )(x)
    return _block(architecture, width, "middle_block_1")(x, embedding)


def _up(architecture, x, skips, embedding):
    levels = zip(architecture.widths, architecture.heights, strict=True)
    for i, (width, height) in reversed(list(enumerate(levels))):
        for j in range(architecture.blocks + 1):
            x = layers.Concatenate(name=f"up_{i}_join_{j}")([x, skips.pop()])
            x = _block(architecture, width, f"up_{i}_block_{j}")(x, embedding)
            if height in architecture.attention:
                x = _attention(architecture, width, f"up_{i}_attention_{j}")(x)
        if i:
            x = NearestUpsampling(name=f"up_{i}_repeat")(x)
            x = _conv(width, name=f"up_{i}_double")(x)
    return x


def _block(architecture, width, name):
    return ResidualBlock(
        width, architecture.dropout, **architecture.norm, name=name
    )


def _attention(architecture, width, name):
    heads = architecture.heads_of(width)
    return SelfAttention(heads, **architecture.norm, name=name)


def _halve(architecture, x, name):
    width = x.shape[-1]
    if architecture.padding == "same":
        return _conv(width, strides=2, name=name)(x)
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return _conv(width, strides=2, padding="valid", name=name)(x)


def _conv(filters, **arguments):
    defaults = {"padding": "same", "kernel_initializer": FanAverage()}
    return Conv2D(filters, 3, **defaults | arguments)
