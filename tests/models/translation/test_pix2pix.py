"""Pix2Pix: networks, losses against plain PyTorch, training, translating."""

import pathlib
from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import changed, everything

import zoo
from zoo.models.translation.skip_unet import build_skip_unet

GOLDEN = pathlib.Path(__file__).parents[2] / "golden" / "pix2pix.npz"
PLAYERS = ("discriminator", "generator")


def tiny(**kwargs):
    """A model of the golden file's sizes."""
    defaults = {"source_channels": 1, "filters": 2, "receptive_field": 16}
    return zoo.Pix2Pix((16, 16, 3), **defaults | kwargs)


def pairs(count=4, seed=0):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (count, 16, 16, 4)).astype("float32")
    return images[..., :1], images[..., 1:]


def fit(model, count=4, batch_size=4, **kwargs):
    return model.fit(
        *pairs(count), batch_size=batch_size, shuffle=False, verbose=0, **kwargs
    ).history


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = tiny(ema_decay=0.5)
    for variable in model.trainable_variables:
        if len(variable.shape) == 4:  # So that noise comes through.
            variable.assign(variable * 10)
    model.compile()
    fit(model, 4, 2)
    return model


# Networks


def test_parameters_of_the_paper():
    """Counted from shapes: the weights themselves are never drawn."""
    with keras.StatelessScope():
        generator = build_skip_unet((256, 256, 3), 3)
    sizes = [int(np.prod(v.shape)) for v in generator.trainable_variables]
    assert sum(sizes) == 54_413_955


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_depth_by_size(upsampling):
    """64 pixels are halved six times; kernels are 4, or 3 after a resize.

    Then one more convolution joins the source, of two channels.
    """
    with keras.StatelessScope():
        network = build_skip_unet((64, 64, 3), 2, 1, upsampling=upsampling)
    kernels = [v.shape for v in network.trainable_variables if v.ndim == 4]
    down, up = kernels[:6], kernels[6:]
    if upsampling == "transposed":
        up = [(*s[:2], s[3], s[2]) for s in up]
    assert {s[0] for s in down} == {4}
    assert {s[0] for s in up} == {4 if upsampling == "transposed" else 3}
    assert [s[2:] for s in down] == list(pairwise([2, 1, 2, 4, 8, 8, 8]))
    outputs = [8, 8, 4, 2, 1, 3]
    inputs = [8, 16, 16, 8, 4, 2]  # With skips; the innermost has none.
    if upsampling == "resize":
        outputs, inputs = [*outputs[:-1], 1, 3], [*inputs, 2 + 1]
    assert [s[2:] for s in up] == [*zip(inputs, outputs, strict=True)]
    assert network.output_shape == (None, 64, 64, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_shape": (48, 48, 3)},
        {"image_shape": (1024, 1024, 3)},
        {"filters": 0},
        {"source_channels": -1},
        {"receptive_field": 71},
        {"normalization": "layer"},
        {"statistics": "batch"},
        {"upsampling": "bilinear"},
        {"dropout": 1.0},
        {"loss": "energy"},
        {"l1_weight": -1.0},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    arguments = {"image_shape": (16, 16, 3), "receptive_field": 16} | arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        zoo.Pix2Pix(**arguments)


# One step against plain PyTorch in float64


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return dict(file)


def weights(golden, what, network):
    prefix = f"{what}/{network}/"
    return [v for k, v in golden.items() if k.startswith(prefix)]


def error(actual, expected):
    actual = ops.convert_to_numpy(actual).astype("float64")
    return np.abs(actual - expected).max() / np.abs(expected).max()


@pytest.fixture(scope="module")
def one_step(golden):
    """Returns a model, logs and images of before one step at a rate of 0.1."""
    model = tiny()
    for name in PLAYERS:
        variables = getattr(model, name).trainable_variables
        for variable, value in zip(
            variables, weights(golden, "initial", name), strict=True
        ):
            assert tuple(variable.shape) == value.shape
            variable.assign(value)
    model.sample_noise = lambda source: ops.array(golden["noise"])
    model.compile(
        **{f"{name}_optimizer": keras.optimizers.SGD(0.1) for name in PLAYERS}
    )
    source, target = golden["images"][..., :1], golden["images"][..., 1:]
    made = model.generator([source, golden["noise"]], training=True)
    logs = model.fit(
        source, target, batch_size=4, shuffle=False, verbose=0
    ).history
    return model, logs, made


def test_images_are_the_references(one_step, golden):
    assert error(one_step[2], golden["outputs"]) < 1e-5


def test_first_losses_are_the_references(one_step, golden):
    model, logs, _ = one_step
    losses = [logs[name][0] for name in model.loss_names]
    np.testing.assert_allclose(losses, golden["losses"], rtol=1e-5)
    assert logs["loss"][0] == pytest.approx(golden["losses"].sum(), rel=1e-5)


@pytest.mark.parametrize("name", PLAYERS)
def test_first_gradients_are_the_references(one_step, golden, name):
    variables = getattr(one_step[0], name).trainable_variables
    before = weights(golden, "initial", name)
    moves = [
        (a - ops.convert_to_numpy(b)) / 0.1
        for a, b in zip(before, variables, strict=True)
    ]
    gradients = weights(golden, "gradient", name)
    errors = [error(*pair) for pair in zip(moves, gradients, strict=True)]
    assert max(errors) < 1e-4, errors


def test_losses_by_hand():
    """Equation 4, halved for the discriminator, of the logits there are."""
    model = tiny(l1_weight=10.0)
    source, target = pairs()
    made = -target
    real, fake = (
        1 / (1 + np.exp(-ops.convert_to_numpy(logits).astype("float64")))
        for logits in (
            model.discriminator([source, target], training=True),
            model.discriminator([source, made], training=True),
        )
    )
    expected = {
        "discriminator_real_loss": -np.mean(np.log(real)) / 2,
        "discriminator_fake_loss": -np.mean(np.log(1 - fake)) / 2,
        "generator_loss": -np.mean(np.log(fake)),
        "l1_loss": 10 * 2 * np.abs(target).mean(),
    }
    losses = {
        **model.discriminator_loss(source, target, made, True),
        **model.generator_loss(source, target, made, True),
    }
    losses = {k: float(ops.convert_to_numpy(v)) for k, v in losses.items()}
    assert losses == pytest.approx(expected, rel=1e-5)


# Training


@pytest.mark.parametrize(
    "arguments",
    [
        {"normalization": "instance", "upsampling": "resize", "dropout": 0.0},
        {"dtype": "mixed_bfloat16", "loss": "least_squares"},
    ],
    ids=["instance", "bfloat16"],
)
def test_a_step_of_each_kind_is_finite(arguments):
    model = tiny(**arguments)
    model.compile()
    assert np.isfinite(fit(model)["loss"]).all()
    made = model.translate(pairs()[0], seed=0)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ((pairs()[0],), "source images, target images"),
        ((pairs()[1], pairs()[1]), "source images"),
        ((pairs()[0], pairs()[0]), "target images"),
        ((pairs()[0], pairs()[1] * 100), "target images"),
        ((pairs()[0], pairs(3)[1]), "as many source images"),
    ],
    ids=["alone", "source", "target", "range", "fewer"],
)
def test_data_errors(trained, data, match):
    with pytest.raises(ValueError, match=f"{match}.*Received"):
        trained.fit(*data, verbose=0)


# Translating


def test_translate_is_a_function_of_the_seed(trained):
    source = pairs(5)[0]
    before = everything(trained)
    made = trained.translate(source, seed=1)
    assert made.shape == (5, 16, 16, 3)
    assert np.abs(made).max() <= 1
    for batch_size in (1, 3):
        again = trained.translate(source, seed=1, batch_size=batch_size)
        np.testing.assert_allclose(again, made, atol=1e-5)
    assert not np.allclose(made, trained.translate(source, seed=2))
    assert not np.allclose(made, trained.translate(source))
    assert changed(before, everything(trained)) == []


def test_without_dropout_it_is_predict(trained):
    source = pairs()[0]
    made = trained.translate(source, dropout=False)
    np.testing.assert_allclose(
        made, trained.predict(source, verbose=0), atol=1e-6
    )


@pytest.mark.parametrize("batch_size", [1, 4])
def test_statistics_follow_the_training_batch(batch_size):
    """Of one image: its own, as in training. Of more: moving averages."""
    model = tiny(dropout=0.0)
    model.compile()
    fit(model, batch_size=batch_size)
    source = pairs()[0][:1]
    made = model.translate(source)
    chosen = tiny(
        dropout=0.0, statistics="image" if batch_size == 1 else "moving"
    )
    chosen.set_weights(model.get_weights())
    np.testing.assert_allclose(chosen.translate(source), made, atol=1e-6)
    as_in_training = model.generator(source, training=True)
    alike = np.allclose(ops.convert_to_numpy(as_in_training), made, atol=1e-4)
    assert alike == (batch_size == 1)


@pytest.mark.parametrize("ema_decay", [None, 0.999])
def test_an_uneven_last_batch_decides_nothing(ema_decay, tmp_path):
    """Nine pairs in batches of 4 leave one over: moving averages still fit."""
    model = tiny(dropout=0.0, ema_decay=ema_decay)
    model.compile()
    fit(model, count=9)
    source = pairs()[0]
    chosen = tiny(dropout=0.0, ema_decay=ema_decay, statistics="moving")
    chosen.set_weights(model.get_weights())
    made = chosen.translate(source)
    np.testing.assert_allclose(model.translate(source), made, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.translate(source), made, atol=1e-6)


def test_pictures_show_source_translation_and_target(trained):
    source, target = pairs(3)
    inputs = np.concatenate([source.repeat(3, axis=-1), target], axis=2)
    pictures = trained.pictures(2, seed=0, inputs=inputs)
    assert pictures.shape == (2, 16, 48, 3)
    np.testing.assert_array_equal(pictures[:, :, :16], inputs[:2, :, :16])
    made = trained.translate(source[:2], seed=0)
    np.testing.assert_allclose(pictures[:, :, 16:32], made, atol=1e-6)
    np.testing.assert_array_equal(pictures[:, :, 32:], target[:2])
    alone = trained.pictures(2, seed=0, inputs=source)
    np.testing.assert_allclose(alone, pictures[:, :, :32], atol=1e-6)


@pytest.mark.parametrize("inputs", [None, pairs(1)[0]], ids=["none", "few"])
def test_picture_errors(trained, inputs):
    with pytest.raises(ValueError, match=r"2 images to translate.*Received"):
        trained.pictures(2, inputs=inputs)


def test_translate_errors(trained):
    with pytest.raises(ValueError, match=r"source images.*Received"):
        trained.translate(pairs()[1])
