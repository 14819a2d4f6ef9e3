"""The networks of StyleGAN: mapping, synthesis, discriminator.

Synthesis and discriminator can be run at any resolution up to their own. Each
has a function, `synthesize` and `discriminate`, that goes through the layers
by their names: given the layers of a network it runs as much of it as its
inputs call for, and a training at 8x8 pixels costs no more than that.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from zoo.layers import (
    AdaptiveInstanceNormalization,
    Blur,
    EqualizedConv2D,
    EqualizedDense,
    FadeIn,
    Growth,
    LearnedConstant,
    MinibatchStdDev,
    NoiseInput,
    PixelNormalization,
    RunningMean,
)
from zoo.models.stylegan.architecture import Architecture

MAPPING_RATE = 0.01
"""Learning rate multiplier of the mapping network: appendix C."""


def build_mapping(
    architecture: Architecture, num_classes: int | None = None
) -> keras.Model:
    """Builds the network f from latents z to intermediate latents w.

    Args:
        architecture: An `Architecture`.
        num_classes: Number of classes, or `None`.

    Returns:
        A functional model, `(latent_dim,)`, with classes also one-hot vectors
        `(num_classes,)`, -> `(latent_dim,)`, float32. Its layer `"mean"` keeps
        the mean of w, with classes that of each.
    """
    dim = architecture.latent_dim
    inputs = x = keras.Input((dim,), name="latents")
    if num_classes:
        classes = keras.Input((num_classes,), name="classes")
        inputs = [x, classes]
        vectors = layers.Dense(
            dim,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="class_vectors",
        )
        x = layers.Concatenate(name="joined")([x, vectors(classes)])
    x = PixelNormalization()(x)
    for i in range(architecture.mapping_layers):
        x = EqualizedDense(
            dim, rate_multiplier=MAPPING_RATE, name=f"dense_{i}"
        )(x)
        x = layers.LeakyReLU(0.2)(x)
    mean = RunningMean(dtype="float32", name="mean")
    w = mean([x, classes] if num_classes else x)
    return keras.Model(inputs, w, name="mapping")


def build_synthesis(
    architecture: Architecture, growth: dict[str, int]
) -> keras.Model:
    """Builds the network g from styles and noise to images.

    Args:
        architecture: An `Architecture`.
        growth: Dict of the arguments of `zoo.layers.Growth`.

    Returns:
        A functional model of a list of inputs: styles `(2 * stages,
        latent_dim)`, one w for each layer, and for each of these noise
        `(size, size, 1)`. Its output is the image at full resolution, of
        which what has not grown yet is repeated pixels. The layer `"growth"`
        keeps how far it has grown.
    """
    noise_shapes = architecture.noise_shapes
    styles = keras.Input(
        (len(noise_shapes), architecture.latent_dim), name="styles"
    )
    noise = [
        keras.Input(shape, name=f"noise_{i}")
        for i, shape in enumerate(noise_shapes)
    ]
    named = {"growth": Growth(**growth, dtype="float32", name="growth")}
    for stage in range(architecture.stages):
        named |= _synthesis_layers(architecture, stage)
    level = named["growth"](styles)
    images = synthesize(named.__getitem__, styles, noise, level)
    return keras.Model([styles, *noise], images, name="synthesis")


def _synthesis_layers(architecture, stage):
    """Layers of one resolution, by name: figure 1 of the paper."""
    size = 4 * 2**stage
    width = architecture.width(size)
    if stage == 0:
        made = [LearnedConstant((4, 4, width), name="constant")]
    else:
        made = [
            EqualizedConv2D(
                width, resample="up", use_bias=False, name=f"conv_{size}_0"
            ),
            Blur(name=f"blur_{size}"),
            layers.UpSampling2D(2, dtype="float32", name=f"up_{size}"),
            FadeIn(stage, dtype="float32", name=f"fade_in_{size}"),
        ]
    made += [
        EqualizedConv2D(width, use_bias=False, name=f"conv_{size}_1"),
        EqualizedConv2D(
            architecture.channels,
            kernel_size=1,
            gain=1.0,
            dtype="float32",
            name=f"to_image_{size}",
        ),
    ]
    for i in range(2):
        made += [
            NoiseInput(name=f"noise_{size}_{i}"),
            layers.LeakyReLU(0.2, name=f"rectifier_{size}_{i}"),
            AdaptiveInstanceNormalization(
                2 * stage + i, name=f"style_{size}_{i}"
            ),
        ]
    return {layer.name: layer for layer in made}


def synthesize(
    layer: Callable[[str], keras.layers.Layer],
    styles: Any,
    noise: Any,
    level: Any,
) -> Any:
    """Runs the synthesis network up to the resolution of its noise.

    Args:
        layer: Function from a name to the layer.
        styles: `(batch, 2 * stages, latent_dim)`.
        noise: List of `(batch, size, size, 1)`, two for each resolution.
        level: How far the network has grown, `(batch, 1)`.

    Returns:
        Images at the highest resolution, `(batch, size, size, channels)`.
    """
    images = None
    for stage in range(len(noise) // 2):
        size = 4 * 2**stage
        for i in range(2):
            if stage == i == 0:
                x = layer("constant")(styles)
            else:
                x = layer(f"conv_{size}_{i}")(x)
            if stage > i == 0:
                x = layer(f"blur_{size}")(x)
            x = layer(f"noise_{size}_{i}")([x, noise[2 * stage + i]])
            x = layer(f"rectifier_{size}_{i}")(x)
            x = layer(f"style_{size}_{i}")([x, styles])
        made = layer(f"to_image_{size}")(x)
        if stage > 0:
            before = layer(f"up_{size}")(images)
            made = layer(f"fade_in_{size}")([before, made, level])
        images = made
    return images


def build_discriminator(
    architecture: Architecture, num_classes: int | None = None
) -> keras.Model:
    """Builds the network from images to logits.

    Args:
        architecture: An `Architecture`.
        num_classes: Number of classes, or `None`.

    Returns:
        A functional model of a list of inputs: images `(resolution,
        resolution, channels)`, how far the network has grown, `(1,)`, and with
        classes one-hot vectors `(num_classes,)`. Its outputs are float32
        logits, `(1,)`.
    """
    size = architecture.resolution
    images = keras.Input((size, size, architecture.channels), name="images")
    level = keras.Input((1,), name="level")
    inputs = [images, level]
    if num_classes:
        inputs.append(keras.Input((num_classes,), name="classes"))
    named = {}
    for stage in range(architecture.stages):
        named |= _discriminator_layers(architecture, stage, num_classes or 1)
    if num_classes:
        named["of_class"] = layers.Dot(1, dtype="float32", name="of_class")
    logits = discriminate(named.__getitem__, *inputs)
    return keras.Model(inputs, logits, name="discriminator")


def _discriminator_layers(architecture, stage, logits):
    """Layers of one resolution, by name."""
    size = 4 * 2**stage
    width, next_width = architecture.width(size), architecture.width(size // 2)
    made = [
        EqualizedConv2D(width, kernel_size=1, name=f"from_image_{size}"),
        EqualizedConv2D(width, name=f"conv_{size}_0"),
        *(
            layers.LeakyReLU(0.2, name=f"rectifier_{size}_{i}")
            for i in range(3)
        ),
    ]
    if stage > 0:
        made += [
            Blur(name=f"blur_{size}"),
            EqualizedConv2D(next_width, resample="down", name=f"conv_{size}_1"),
            layers.AveragePooling2D(2, dtype="float32", name=f"pool_{size}"),
            FadeIn(stage, dtype="float32", name=f"fade_in_{size}"),
        ]
    else:
        made += [
            MinibatchStdDev(group_size=4, name="deviations"),
            layers.Flatten(name="flatten"),
            EqualizedDense(next_width, name="dense"),
            EqualizedDense(logits, gain=1.0, dtype="float32", name="logits"),
        ]
    return {layer.name: layer for layer in made}


def discriminate(
    layer: Callable[[str], keras.layers.Layer],
    images: Any,
    level: Any,
    classes: Any = None,
) -> Any:
    """Runs the discriminator from the resolution of the images on.

    Args:
        layer: Function from a name to the layer.
        images: `(batch, size, size, channels)`.
        level: How far the network has grown, `(batch, 1)`.
        classes: One-hot vectors `(batch, num_classes)`; the logit is that of
            the class.

    Returns:
        Logits, `(batch, 1)`.
    """

    def rectified(x, name, i):
        return layer(f"rectifier_{size}_{i}")(layer(name)(x))

    size = images.shape[1]
    x = rectified(images, f"from_image_{size}", 0)
    while size > 4:
        x = rectified(x, f"conv_{size}_0", 1)
        x = layer(f"blur_{size}")(x)
        x = rectified(x, f"conv_{size}_1", 2)
        images = layer(f"pool_{size}")(images)
        fade_in, size = layer(f"fade_in_{size}"), size // 2
        before = rectified(images, f"from_image_{size}", 0)
        x = fade_in([before, x, level])
    x = rectified(layer("deviations")(x), "conv_4_0", 1)
    x = rectified(layer("flatten")(x), "dense", 2)
    logits = layer("logits")(x)
    return logits if classes is None else layer("of_class")([logits, classes])
