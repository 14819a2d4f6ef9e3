"""CycleGAN: against plain PyTorch, and what it is given."""

import keras
import numpy as np
import pytest
from keras import ops
from support.golden_cyclegan import (
    NETWORKS,
    golden_model,
    gradient_errors,
    read,
)
from support.tiny_gan import changed, everything

import zoo
from zoo.models.translation.resnet_generator import build_resnet_generator


def tiny(**arguments):
    defaults = {"image_shape": (16, 16, 3), "filters": 2, "blocks": 1}
    defaults |= {"receptive_field": 16, "pool_size": 3}
    return zoo.CycleGAN(**(defaults | arguments))


def images(count=4, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, (count, 16, 16, 3)).astype("float32")


def fit(model, a, b):
    return model.fit(a, b, batch_size=2, shuffle=False, verbose=0).history


@pytest.fixture(scope="module")
def golden():
    return read()


@pytest.fixture(scope="module")
def stepped(golden):
    """Returns what is found before, at and after the first step."""
    keras.utils.set_random_seed(0)
    model = golden_model(golden)
    return {
        "fake_b": model.translate(golden["a"]),
        "fake_a": model.translate(golden["b"], "b_to_a"),
        "logs": fit(model, golden["a"], golden["b"]),
        "errors": gradient_errors(model, golden),
        "pools": [
            np.array(ops.convert_to_numpy(pool.images))
            for pool in (model.pool_a, model.pool_b)
        ],
        "model": model,
    }


# Against PyTorch


@pytest.mark.parametrize("name", ["fake_a", "fake_b"])
def test_translations_are_those_of_pytorch(stepped, golden, name):
    np.testing.assert_allclose(stepped[name], golden[name], atol=1e-5)


def test_first_losses(stepped, golden):
    logs = {name: values[0] for name, values in stepped["logs"].items()}
    expected = {
        key.removeprefix("loss/"): float(value)
        for key, value in golden.items()
        if key.startswith("loss/")
    }
    assert len(expected) == 10
    expected["loss"] = sum(expected.values())
    assert logs == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_first_gradients(stepped, name):
    """Also: the discriminators that the generators see are those before."""
    assert stepped["errors"][name] < 1e-4


# State


def test_pools_hold_the_first_translations(stepped, golden):
    for pool, name in zip(stepped["pools"], ("fake_a", "fake_b"), strict=True):
        np.testing.assert_allclose(pool[:2], golden[name], atol=1e-5)
        assert not pool[2:].any()


def test_evaluate_changes_nothing(stepped):
    model = stepped["model"]
    before = everything(model)
    logs = model.evaluate(
        images(2), images(2), batch_size=2, verbose=0, return_dict=True
    )
    assert changed(before, everything(model)) == []
    a, b = ops.array(images(2)), ops.array(images(2))
    made = model.translations(a, b, False)
    cycled = np.abs(ops.convert_to_numpy(made["cycled_a"]) - images(2)).mean()
    assert logs["cycle_a_loss"] == pytest.approx(10 * cycled, rel=1e-5)


# Losses, by hand


class Constant(keras.layers.Layer):
    """Stands for a discriminator that always says the same."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def call(self, images, training=False):
        return self.value + 0 * images[..., :1]


def test_losses_by_hand():
    model = tiny(
        cycle_weight=4.0,
        identity_weight=0.25,
        discriminator_a=Constant(3.0),
        discriminator_b=Constant(0.5),
    )
    a, b = ops.array(images(2)), ops.array(images(2, seed=1))
    made = {
        "fake_a": a,
        "fake_b": b,
        "cycled_a": a + 0.5,
        "cycled_b": b - 0.25,
        "same_a": a - 1.0,
        "same_b": b + 2.0,
    }
    expected = {
        "generator_ab_loss": 0.25,  # (0.5 - 1)^2
        "generator_ba_loss": 4.0,  # (3 - 1)^2
        "cycle_a_loss": 2.0,  # 4 * 0.5
        "cycle_b_loss": 1.0,
        "identity_a_loss": 1.0,  # 4 * 0.25 * 1
        "identity_b_loss": 2.0,
    }
    found = model.generator_loss(a, b, made, True)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(expected)
    expected = {
        "discriminator_a_real_loss": 2.0,  # (3 - 1)^2 / 2
        "discriminator_a_fake_loss": 4.5,
        "discriminator_b_real_loss": 0.125,
        "discriminator_b_fake_loss": 0.125,
    }
    found = model.discriminator_loss(a, b, a, b, True)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(expected)


def test_without_identity_losses():
    model = tiny(identity_weight=0, blocks=None)
    assert model.blocks == 6  # The paper's under 256 pixels.
    a = ops.array(images(2))
    made = model.translations(a, a, True)
    losses = model.generator_loss(a, a, made, True)
    assert set(model.translations(a, a, False)) == {
        "fake_a", "fake_b", "cycled_a", "cycled_b",
    }  # fmt: skip
    assert set(losses) <= set(model.loss_names)
    assert not any("identity" in name for name in model.loss_names)


# Networks, arguments, use


def test_defaults_of_the_paper():
    model = zoo.CycleGAN()
    counts = [getattr(model, name).count_params() for name in NETWORKS]
    assert counts == [11_378_179] * 2 + [2_764_737] * 2
    config = model.get_config()
    expected = {"cycle_weight": 10, "identity_weight": 0.5, "pool_size": 50}
    assert config | expected | {"blocks": 9} == config
    assert model.pool_a.images.shape == (50, 256, 256, 3)
    for optimizer in model.default_optimizers().values():
        settings = {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999}
        found = optimizer.get_config()
        assert found | settings == pytest.approx(found)


def test_resized_maps_are_convolved():
    """u128 and u64 see repeated pixels, through kernels of the same size."""
    with keras.StatelessScope():
        networks = [
            tiny(upsampling=upsampling).generator_ab
            for upsampling in ("transposed", "resize")
        ]
    repeats = [
        sum(type(layer).__name__ == "NearestUpsampling" for layer in n.layers)
        for n in networks
    ]
    assert repeats == [0, 2]
    assert networks[0].count_params() == networks[1].count_params()
    assert networks[1].output_shape == (None, 16, 16, 3)


def test_pictures_show_images_there_and_back(stepped):
    model, inputs = stepped["model"], images(3)
    pictures = model.pictures(2, inputs=inputs, direction="b_to_a")
    there = model.translate(inputs[:2], "b_to_a")
    expected = [inputs[:2], there, model.translate(there, "a_to_b")]
    np.testing.assert_array_equal(pictures, np.concatenate(expected, axis=2))
    np.testing.assert_array_equal(
        model.cycle(inputs[:2], "b_to_a"), expected[2]
    )
    with pytest.raises(ValueError, match=r"at least 4 images.*Received: 3"):
        model.pictures(4, inputs=inputs)


def test_images_of_any_size():
    """The same layers, on images that are mirrored up to multiples of 4."""
    keras.utils.set_random_seed(0)
    model = tiny()
    random = np.random.default_rng(0)
    photo = random.uniform(-1, 1, (1, 24, 20, 3)).astype("float32")
    made = model.translate(photo, "b_to_a", any_size=True)
    network = build_resnet_generator((24, 20, 3), model.filters, model.blocks)
    network.set_weights(model.network("generator_ba").get_weights())
    np.testing.assert_allclose(made, network.predict(photo), atol=1e-5)
    cut = photo[:, 1:23, 2:19]
    edges = ((0, 0), (1, 1), (1, 2), (0, 0))
    expected = network.predict(np.pad(cut, edges, "symmetric"))
    made = model.translate(cut, "b_to_a", any_size=True)
    np.testing.assert_allclose(made, expected[:, 1:-1, 1:-2], atol=1e-5)
    tiny_one = model.translate(photo[:, :1, :3], any_size=True)
    assert tiny_one.shape == (1, 1, 3, 3)
    alike = model.translate(images(2), any_size=True)
    np.testing.assert_array_equal(alike, model.translate(images(2)))
    with pytest.raises(ValueError, match=r"Expected float images.*Received"):
        model.translate(photo[..., :1], any_size=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"direction": "a_to_a"}, "`direction`.*Received"),
        ({"images": images()[:, :8]}, r"Expected float images.*Received"),
        ({"images": images() * 100}, r"in \[-1, 1\].*Received"),
    ],
)
def test_translate_errors(stepped, arguments, message):
    with pytest.raises(ValueError, match=message):
        stepped["model"].translate(**({"images": images()} | arguments))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (images(), images() * 9, "images of domain B.*Received"),
        (images()[..., :1], images(), "images of domain A.*Received"),
        (images(2), images(4), "as many images.*Received: 2 and 4"),
        (images(), None, "images of domain B.*Received: tuple without"),
    ],
)
def test_data_errors(stepped, a, b, message):
    with pytest.raises(ValueError, match=message):
        stepped["model"].check_batch((a, b))


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_shape": (24, 24, 3)},
        {"filters": 0},
        {"blocks": 0},
        {"receptive_field": 71},
        {"upsampling": "bilinear"},
        {"cycle_weight": -1},
        {"identity_weight": float("nan")},
        {"pool_size": -1},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)
