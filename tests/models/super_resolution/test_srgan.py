"""SRResNet and SRGAN: networks, losses, steps, saving, enlarging, errors."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from support.feature_weights import block_features, write_block
from support.tiny_gan import snapshot

import zoo
from zoo import backend
from zoo.models.super_resolution.super_resolution import bicubic

TINY = {"filters": 4, "blocks": 1}


def tiny_srresnet(**arguments):
    return zoo.SRResNet(**TINY | arguments)


def tiny_srgan(**arguments):
    arguments = {"content": "mse", "discriminator_filters": 2} | arguments
    return zoo.SRGAN(**TINY | {"crop_size": 16} | arguments)


def pairs(count=4, size=16, channels=3):
    """Smooth images, low and high."""
    random = np.random.default_rng(0)
    low = random.uniform(-1, 1, (count, size // 4, size // 4, channels))
    low = low.astype("float32")
    return low, low.repeat(4, 1).repeat(4, 2) * 0.9


def size_of(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def rates(model, **values):
    """Sets the rates of SGD: a variable, so that nothing is compiled anew."""
    for player, rate in values.items():
        model.optimizer[player].learning_rate.assign(rate)


def assert_alike(images, expected):
    """Up to the rounding of other batches."""
    np.testing.assert_allclose(images, expected, atol=1e-5)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "hed.weights.h5"
    return path, write_block(path)


@pytest.fixture(scope="module")
def srgan(drawn):
    """With features for content, and gradient descent."""
    keras.utils.set_random_seed(0)
    model = tiny_srgan(
        content="vgg16_hed",
        content_layer="block1_conv2",
        content_weights=drawn[0],
    )
    sgd = {
        f"{name}_optimizer": keras.optimizers.SGD(0.0) for name in model.players
    }
    model.compile(**sgd)
    return model


@pytest.fixture(scope="module")
def srresnet():
    keras.utils.set_random_seed(0)
    model = tiny_srresnet(ema_decay=0.9)
    model.compile(generator_optimizer=keras.optimizers.Adam(0.01))
    low, high = pairs()
    model.fit(low, high, batch_size=4, epochs=2, verbose=0)
    return model


# Networks


def test_parameter_counts_of_the_paper(monkeypatch):
    """With zeros for 25 million random numbers."""
    zeros = keras.initializers.Zeros.__call__
    monkeypatch.setattr(
        keras.initializers.VarianceScaling,
        "__call__",
        lambda self, shape, dtype=None, **_: zeros(self, shape, dtype),
    )
    model = zoo.SRGAN(content="mse")
    assert size_of(model.generator) == 1_550_659
    assert size_of(model.discriminator) == 23_565_505
    assert model.discriminator.input_shape == (None, 96, 96, 3)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_shapes(scale):
    generator = tiny_srresnet(scale=scale, channels=1).generator
    assert generator.output_shape == (None, None, None, 1)
    shape = generator(np.zeros((1, 3, 5, 1), "float32")).shape
    assert tuple(shape) == (1, 3 * scale, 5 * scale, 1)


def test_slopes_are_per_channel_and_start_at_a_quarter():
    variables = tiny_srresnet().generator.trainable_variables
    slopes = [v for v in variables if v.name == "alpha"]
    assert [tuple(v.shape) for v in slopes] == [(1, 1, 4)] * 4
    assert all((ops.convert_to_numpy(v) == 0.25).all() for v in slopes)
    names = [v.name for v in variables]
    assert names.count("kernel") == names.count("bias") == 7


def test_global_skip_adds_bilinear_enlargement():
    """Pillow's, of float pixels; a network of zeros adds nothing else."""
    model = tiny_srresnet(global_skip=True)
    model.generator.set_weights(
        [np.zeros_like(w) for w in model.generator.get_weights()]
    )
    low, _ = pairs(2, 20)
    size = (20, 20)
    expected = [
        [
            np.asarray(Image.fromarray(plane).resize(size, Image.BILINEAR))
            for plane in np.moveaxis(image, -1, 0)
        ]
        for image in low
    ]
    assert_alike(model.upscale(low), np.moveaxis(expected, 1, -1))
    assert zoo.SRGAN.from_srresnet(model, content="mse").global_skip


@pytest.mark.parametrize(
    "arguments",
    [
        {"scale": 5},
        {"filters": 0},
        {"blocks": 0},
        {"channels": 5},
        {"crop_size": 24},
        {"crop_size": 0},
        {"discriminator_filters": 0},
        {"adversarial_weight": -1},
        {"ema_decay": 1.0},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny_srgan(**arguments)


def test_content_errors():
    with pytest.raises(ValueError, match=r"vgg19.*Received: 'vgg'"):
        tiny_srgan(content="vgg")
    with pytest.raises(ValueError, match=r"block5_conv4.*Received"):
        tiny_srgan(content="vgg19", content_layer="block9_conv1")
    with pytest.raises(ValueError, match=r"1 or 3 channels.*channels=4"):
        tiny_srgan(content="vgg19", channels=4)


def test_paper_defaults():
    """1e-4 for 100,000 updates, then 1e-5; SRResNet 1e-4 all along."""
    model = tiny_srgan()
    for optimizer in model.default_optimizers().values():
        schedule = optimizer._learning_rate
        assert float(schedule(100_000)) == pytest.approx(1e-4)
        assert float(schedule(100_001)) == pytest.approx(1e-5)
    (adam,) = zoo.SRResNet.default_optimizers(model).values()
    assert float(adam.learning_rate) == pytest.approx(1e-4)
    assert model.adversarial_weight == 1e-3


# Losses


def softplus(x):
    return np.log1p(np.exp(np.asarray(x, "float64")))


def test_losses_of_one_step(srgan, drawn):
    """With rates of 0, from logits and images that nothing has moved."""
    low, high = pairs()

    def passes(low, high):
        fake = srgan.generator(low, training=True)
        judged = [srgan.discriminator(x, training=True) for x in (high, fake)]
        return [fake, *judged]

    run = backend.compiled(passes, srgan.variables)
    fake, real_logits, fake_logits = map(
        ops.convert_to_numpy, run(ops.array(low), ops.array(high))
    )
    rates(srgan, discriminator=0.0, generator=0.0)
    logs = srgan.train_on_batch(low, high, return_dict=True)
    seen = [block_features(x, drawn[1]) / 12.75 for x in (high, fake)]
    expected = {
        "discriminator_real_loss": softplus(-real_logits).mean(),
        "discriminator_fake_loss": softplus(fake_logits).mean(),
        "content_loss": np.mean((seen[0] - seen[1]) ** 2),
        "adversarial_loss": 1e-3 * softplus(-fake_logits).mean(),
    }
    expected["loss"] = sum(expected.values())
    errors = ((high - fake).astype("float64") ** 2).mean((1, 2, 3))
    expected["psnr_rgb"] = np.mean(10 * np.log10(4 / errors))
    assert logs == pytest.approx(expected, rel=1e-4)


def test_losses_of_srresnet(srresnet):
    low, high = pairs()
    made = ops.convert_to_numpy(srresnet(low))
    errors = ((high - made).astype("float64") ** 2).mean((1, 2, 3))
    logs = srresnet.evaluate(low, high, verbose=0, return_dict=True)
    expected = {"mse_loss": errors.mean(), "loss": errors.mean()}
    expected["psnr_rgb"] = np.mean(10 * np.log10(4 / errors))
    assert logs == pytest.approx(expected, rel=1e-4)


# Training


def test_features_are_no_part_of_the_model(srgan):
    own = {id(v) for v in srgan.variables}
    weights = srgan.content.features.network.weights
    assert not own & {id(v) for v in weights}
    assert srgan.content.features.network.trainable_variables == []


def test_it_learns(srresnet):
    low, high = pairs()
    history = srresnet.fit(low, high, batch_size=4, epochs=12, verbose=0)
    losses = history.history["mse_loss"]
    assert losses[-1] < losses[0]


def test_a_saved_model_has_no_features_but_their_hash(srgan, tmp_path, drawn):
    srgan.save(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").stat().st_size < 300_000
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert "network" not in vars(loaded.content.features)
    assert loaded.content.features.sha256 == srgan.content.features.sha256
    assert len(srgan.content.features.sha256) == 64
    low, _ = pairs()
    assert_alike(loaded.upscale(low), srgan.upscale(low))
    loaded.content.features.sha256 = "0" * 64
    with pytest.raises(ValueError, match=r"SHA-256.*Received"):
        loaded.train_on_batch(*pairs())


def test_preset(srgan, tmp_path):
    low = pairs(16)[0]
    srgan.save_to_preset(tmp_path / "preset", inputs=low)
    loaded = zoo.SRGAN.from_preset(tmp_path / "preset", for_training=True)
    assert_alike(loaded.upscale(low), srgan.upscale(low))
    card = (tmp_path / "preset" / "README.md").read_text()
    assert "large = model.upscale(images)  # (count, any, any, 3)" in card
    with Image.open(tmp_path / "preset" / "samples.png") as grid:
        assert grid.size == (8 * (2 * 16 * 2 + 4), 2 * (16 * 2 + 4))


# From the first stage to the second


@pytest.mark.parametrize("by", ["model", "file"])
def test_from_srresnet(srresnet, tmp_path, by):
    source = srresnet
    if by == "file":
        source = tmp_path / "first.keras"
        srresnet.save(source)
    model = zoo.SRGAN.from_srresnet(
        source, content="mse", crop_size=16, ema_decay=0.5
    )
    low, _ = pairs()
    assert_alike(model.upscale(low), srresnet.upscale(low))
    for network in (model.generator, model.network("generator")):
        values = snapshot(network.weights)
        average = snapshot(srresnet.network("generator").weights)
        for value, expected in zip(values, average, strict=True):
            np.testing.assert_array_equal(value, expected)


def test_from_what_is_no_srresnet():
    with pytest.raises(ValueError, match=r"zoo.SRResNet. Received: DCGAN"):
        zoo.SRGAN.from_srresnet(zoo.DCGAN((16, 16, 1), filters=1))


# Enlarging


def test_upscale(srresnet):
    images = np.random.default_rng(1).uniform(-1, 1, (3, 5, 7, 3))
    large = srresnet.upscale(images, batch_size=2)
    assert large.shape == (3, 20, 28, 3)
    assert large.dtype == np.float32
    expected = srresnet(images.astype("float32"), training=False)
    expected = np.clip(ops.convert_to_numpy(expected), -1, 1)
    assert_alike(large, expected)
    several = srresnet.upscale([images[0], images[1, :4, :5]])
    assert_alike(several[0], large[0])
    assert several[1].shape == (16, 20, 3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 4, 4, 1)), r"batch, 4, 4, 3.*Received: shape"),
        (np.zeros((4, 4, 3)), r"batch, height, width, 3.*Received: shape"),
        (np.zeros((1, 4, 4, 3), "uint8"), r"127.5.*Received: dtype"),
        (np.full((1, 4, 4, 3), 2.0), r"\[-1, 1\].*Received: values"),
        ([np.zeros((4, 4))], r"batch, height, width, 3.*Received: shape"),
    ],
    ids=str,
)
def test_upscale_errors(srresnet, images, message):
    with pytest.raises(ValueError, match=message):
        srresnet.upscale(images)


def test_pictures(srresnet):
    low, _ = pairs()
    made = srresnet.pictures(3, inputs=low)
    assert made.shape == (3, 16, 32, 3)
    smooth = np.clip(bicubic(low[:3], 4), -1, 1)
    np.testing.assert_array_equal(made[:, :, :16], smooth)
    assert_alike(made[:, :, 16:], srresnet.upscale(low[:3]))
    for inputs in (None, low):
        with pytest.raises(ValueError, match=r"5 images.*Received"):
            srresnet.pictures(5, inputs=inputs)


def test_bicubic_is_pillows():
    pixels = np.random.default_rng(0).integers(64, 192, (1, 6, 7, 3), np.uint8)
    large = Image.fromarray(pixels[0]).resize((28, 24), Image.BICUBIC)
    found = bicubic(pixels.astype("float32"), 4)[0]
    assert np.abs(found - np.asarray(large)).max() <= 1.5  # It rounds twice.


# Data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda low, high: high, r"pairs.*Received"),
        (lambda low, high: (low, high[:, :14]), r"divisible by 4.*Received"),
        (lambda low, high: (low[:, :3], high), r"low images.*Received: shape"),
        (lambda low, high: (low, high + 5), r"high images.*Received: values"),
        (lambda low, high: (low * 128, high), r"low images.*Received: values"),
    ],
)
def test_data_errors(srresnet, change, message):
    data = change(*pairs())
    with pytest.raises(ValueError, match=message):
        srresnet.fit(*data if isinstance(data, tuple) else (data,), verbose=0)


def test_crops_of_another_size(srgan):
    with pytest.raises(ValueError, match=r"16, 16, 3.*Received: shape"):
        srgan.fit(*pairs(size=32), verbose=0)
