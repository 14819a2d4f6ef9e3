"""The graph that FID is defined by: Inception of 2015-12-05.

It is not `keras.applications.InceptionV3`. The graph that TensorFlow published
that day, and every FID since, differs in its weights, in 1008 classes, in
average pools that leave out the padding, and in a max pool where the last
block of the paper has an average pool.

References:
    - Szegedy et al., 2016, https://arxiv.org/abs/1512.00567
    - Layer names: https://github.com/mseitzer/pytorch-fid
"""

import keras
from keras import layers, ops

from zoo import backend
from zoo.layers import Conv2D
from zoo.metrics.features.extractor import float32_policy

SIZE = 299
CLASSES = 1008


class _Classifier(layers.Dense):
    """Logits without the bias and with it."""

    def call(self, inputs):
        logits = ops.matmul(inputs, self.kernel)
        return logits, ops.add(logits, self.bias)

    def compute_output_shape(self, input_shape):
        shape = super().compute_output_shape(input_shape)
        return shape, shape


def inception_network() -> keras.Model:
    """Returns the network, with weights of zero.

    Batch normalization is folded into the convolutions, whose layers are
    named as in the checkpoint, with two underscores for a dot.

    Returns:
        Model of float32 images (batch, 299, 299, 3) in [-1, 1] to a dict:
        "pool" (batch, 2048), "logits" and "logits_biased" (batch, 1008).
    """
    with float32_policy():
        images = keras.Input((SIZE, SIZE, 3))
        x = _conv(images, "Conv2d_1a_3x3", 32, 3, 2)
        x = _conv(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
        x = _conv(x, "Conv2d_2b_3x3", 64, 3)
        x = _max_pool(x)
        x = _conv(x, "Conv2d_3b_1x1", 80, 1)
        x = _conv(x, "Conv2d_4a_3x3", 192, 3, padding="valid")
        x = _max_pool(x)
        for name, filters in (("5b", 32), ("5c", 64), ("5d", 64)):
            x = _block_35(x, f"Mixed_{name}", filters)
        x = _reduce_35(x, "Mixed_6a")
        for name, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
            x = _block_17(x, f"Mixed_{name}", width)
        x = _reduce_17(x, "Mixed_7a")
        x = _block_8(x, "Mixed_7b", _average_pool)
        x = _block_8(x, "Mixed_7c", _max_pool_same)
        pool = layers.GlobalAveragePooling2D(data_format="channels_last")(x)
        classifier = _Classifier(CLASSES, kernel_initializer="zeros", name="fc")
        logits, biased = classifier(pool)
        outputs = {"pool": pool, "logits": logits, "logits_biased": biased}
        network = keras.Model(images, outputs, name="inception")
        backend.prefer_layout(network.variables)
        return network


def _conv(x, name, filters, size, strides=1, padding="same"):
    return Conv2D(
        filters,
        size,
        strides,
        "valid" if strides > 1 else padding,
        data_format="channels_last",
        activation="relu",
        kernel_initializer="zeros",
        name=name.replace(".", "__"),  # PyTorch's modules take no dots.
    )(x)


def _chain(x, name, *units):
    for suffix, filters, size, *strides in units:
        x = _conv(x, f"{name}.{suffix}", filters, size, *strides)
    return x


def _max_pool(x):
    return layers.MaxPooling2D(3, 2, data_format="channels_last")(x)


def _max_pool_same(x):
    return layers.MaxPooling2D(3, 1, "same", data_format="channels_last")(x)


def _average_pool(x):
    """Averages over the pixels that exist: "same" never counts padding."""
    return layers.AveragePooling2D(3, 1, "same", data_format="channels_last")(x)


def _concatenate(*branches):
    return layers.Concatenate(axis=-1)(branches)


def _block_35(x, name, pool_filters):
    """The paper's figure 5, at 35 x 35 (with 5 x 5 convolutions kept)."""
    double = _chain(
        x,
        name,
        ("branch3x3dbl_1", 64, 1),
        ("branch3x3dbl_2", 96, 3),
        ("branch3x3dbl_3", 96, 3),
    )
    five = _chain(x, name, ("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5))
    return _concatenate(
        _chain(x, name, ("branch1x1", 64, 1)),
        five,
        double,
        _chain(_average_pool(x), name, ("branch_pool", pool_filters, 1)),
    )


def _reduce_35(x, name):
    """From 35 x 35 to 17 x 17."""
    double = _chain(
        x,
        name,
        ("branch3x3dbl_1", 64, 1),
        ("branch3x3dbl_2", 96, 3),
        ("branch3x3dbl_3", 96, 3, 2),
    )
    single = _chain(x, name, ("branch3x3", 384, 3, 2))
    return _concatenate(single, double, _max_pool(x))


def _block_17(x, name, width):
    """The paper's figure 6, at 17 x 17."""
    row, column = (1, 7), (7, 1)
    single = _chain(
        x,
        name,
        ("branch7x7_1", width, 1),
        ("branch7x7_2", width, row),
        ("branch7x7_3", 192, column),
    )
    double = _chain(
        x,
        name,
        ("branch7x7dbl_1", width, 1),
        ("branch7x7dbl_2", width, column),
        ("branch7x7dbl_3", width, row),
        ("branch7x7dbl_4", width, column),
        ("branch7x7dbl_5", 192, row),
    )
    return _concatenate(
        _chain(x, name, ("branch1x1", 192, 1)),
        single,
        double,
        _chain(_average_pool(x), name, ("branch_pool", 192, 1)),
    )


def _reduce_17(x, name):
    """From 17 x 17 to 8 x 8."""
    single = _chain(
        x, name, ("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, 2)
    )
    seven = _chain(
        x,
        name,
        ("branch7x7x3_1", 192, 1),
        ("branch7x7x3_2", 192, (1, 7)),
        ("branch7x7x3_3", 192, (7, 1)),
        ("branch7x7x3_4", 192, 3, 2),
    )
    return _concatenate(single, seven, _max_pool(x))


def _block_8(x, name, pool):
    """The paper's figure 7, at 8 x 8. The last one has a max pool."""
    row, column = (1, 3), (3, 1)
    single = _chain(x, name, ("branch3x3_1", 384, 1))
    double = _chain(
        x, name, ("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3)
    )
    return _concatenate(
        _chain(x, name, ("branch1x1", 320, 1)),
        _chain(single, name, ("branch3x3_2a", 384, row)),
        _chain(single, name, ("branch3x3_2b", 384, column)),
        _chain(double, name, ("branch3x3dbl_3a", 384, row)),
        _chain(double, name, ("branch3x3dbl_3b", 384, column)),
        _chain(pool(x), name, ("branch_pool", 192, 1)),
    )
