"""The U-Net's size, its inputs, its gradients and its errors."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.models.diffusion.unet import build_unet

TINY = {
    "image_shape": (8, 4, 1),
    "channels": 4,
    "multipliers": (1, 2),
    "blocks": 1,
    "attention": (4,),
    "dropout": 0.2,
    "num_classes": 2,
    "heads": 2,
    "groups": 2,
}


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def numpy(x):
    return ops.convert_to_numpy(x)


@pytest.fixture(scope="module")
def tiny():
    """A network whose weights are all far from zero."""
    keras.utils.set_random_seed(0)
    network = build_unet(**TINY)
    random = np.random.default_rng(1)
    for v in network.trainable_variables:
        v.assign(numpy(v) + 0.2 * random.standard_normal(v.shape))
    return network


def test_parameters_of_the_paper():
    """DDPM's CIFAR-10 network; counted as each layer adds its weights."""
    network = build_unet((32, 32, 3))
    count = sum(np.prod(v.shape) for v in network.trainable_variables)
    assert count == 35_746_307


def test_starts_silent():
    """The last convolution starts at (almost) zero, as in the paper."""
    network = build_unet(**TINY)
    outputs = network.predict_on_batch(
        [noise(4, 8, 4, 1), np.zeros(4), np.zeros(4, "int32")]
    )
    assert 0 < abs(outputs).max() < 1e-4


def test_every_weight_has_a_gradient(tiny):
    """One step of gradient descent moves each of them, to finite values."""
    network = keras.models.clone_model(tiny)
    network.set_weights(tiny.get_weights())
    network.compile(keras.optimizers.SGD(1.0), "mse")
    before = [numpy(v) for v in network.trainable_variables]
    labels = np.array([0, 1, 2, 2])  # 2 is no label.
    images, times = noise(4, 8, 4, 1), np.array([0, 1, 99.5, 999], "float32")
    network.train_on_batch([images, times, labels], 1 - images)
    for variable, value in zip(
        network.trainable_variables, before, strict=True
    ):
        step = numpy(variable) - value
        assert np.isfinite(step).all(), variable.path
        assert abs(step).max() > 1e-6, variable.path


def test_inputs_matter_one_by_one(tiny):
    """Images of a batch do not mix; time and label change the output."""
    images = noise(1, 8, 4, 1).repeat(4, axis=0)
    times = np.array([10, 10, 10.5, 10], "float32")
    outputs = tiny.predict_on_batch([images, times, np.array([0, 0, 0, 2])])
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)
    assert abs(outputs[0] - outputs[2]).max() > 1e-3
    assert abs(outputs[0] - outputs[3]).max() > 1e-3


def test_round_trip_of_the_config(tiny):
    again = keras.Model.from_config(tiny.get_config())
    again.set_weights(tiny.get_weights())
    inputs = [noise(2, 8, 4, 1), np.array([3.0, 7.0]), np.array([1, 2])]
    np.testing.assert_array_equal(
        again.predict_on_batch(inputs), tiny.predict_on_batch(inputs)
    )


def test_mixed_bfloat16_tells_steps_apart():
    """In bfloat16, steps 996 to 1000 would be one number."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build_unet(**TINY)
    finally:
        keras.config.set_dtype_policy(before)
    both = keras.Model(
        network.inputs, [network.get_layer("embedding").output, network.output]
    )
    times = np.array([999.0, 1000.0])
    (one, other), outputs = both.predict_on_batch(
        [noise(2, 8, 4, 1), times, np.array([1, 1])]
    )
    assert abs(one - other).max() > 1e-3
    assert outputs.dtype == "float32"
    block = network.get_layer("down_0_block_0")
    assert block.conv_1.compute_dtype == "bfloat16"


def test_patches_are_folded():
    """The network sees a map of half the size, with four times the channels."""
    network = build_unet(**TINY | {"image_shape": (16, 8, 1), "patch_size": 2})
    assert network.output_shape == (None, 16, 8, 1)
    assert network.get_layer("first").input.shape == (None, 8, 4, 4)


def test_symmetric_padding_by_hand():
    """An impulse in the corner meets the kernel's centre, not its edge."""
    for padding, tap in (("same", (0, 0)), ("symmetric", (1, 1))):
        network = build_unet(**TINY, padding=padding)
        layer = network.get_layer("down_0_halve")
        kernel = numpy(layer.kernel)
        x = np.zeros((1, 8, 4, 4), "float32")
        x[0, 0, 0, 0] = 1
        if padding == "symmetric":
            x = numpy(network.get_layer("down_0_halve_pad")(x))
        np.testing.assert_allclose(
            numpy(layer(x))[0, 0, 0], kernel[tap][0], atol=1e-6
        )


def test_signal_rates_are_spread():
    network = build_unet(**TINY, time_input="signal_rate")
    assert network.get_layer("time_waves").scale == 1000


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("image_shape", (8, 4), "height, width, channels"),
        ("image_shape", (8, 0, 1), "height, width, channels"),
        ("image_shape", (8, 5, 1), "2 divides"),
        ("image_shape", (9, 4, 1), "halved 1 times"),
        ("channels", 5, "even number"),
        ("channels", 0, "positive integer"),
        ("multipliers", (), "a number for each level"),
        ("multipliers", (1, 1.3), "whole numbers"),
        ("multipliers", (1, "2"), "whole numbers"),
        ("multipliers", (1, 0), "whole numbers"),
        ("multipliers", (1, float("nan")), "whole numbers"),
        ("blocks", 0, "positive integer"),
        ("attention", (16,), r"\[8, 4\]"),
        ("attention", 4, r"\[8, 4\]"),
        ("dropout", 1.0, r"\[0, 1\)"),
        ("num_classes", 0, "positive integer"),
        ("patch_size", 3, "6 divides"),
        ("heads", 3, "divide 8 channels"),
        ("head_channels", 3, "divide 8 channels"),
        ("epsilon", 0, r"\(0, 1\)"),
        ("time_input", "noise", "step"),
        ("padding", "valid", "symmetric"),
        ("cosine_first", "yes", "False, True"),
        ("shift", 2, r"\[0, 1\]"),
    ],
)
def test_wrong_arguments(name, value, message):
    with pytest.raises(ValueError, match=message) as error:
        build_unet(**TINY | {name: value})
    received = "image_shape" if name == "patch_size" else name
    assert f"Received: {received}=" in str(error.value)
