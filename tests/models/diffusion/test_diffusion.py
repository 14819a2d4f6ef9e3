"""zoo.Diffusion: losses, training, evaluation, arguments, saving."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import changed, everything

import zoo
from zoo.diffusion import schedules

SHAPE = (4, 4, 1)


def tiny(**arguments):
    defaults = {
        "image_shape": SHAPE,
        "channels": 8,
        "multipliers": (1,),
        "blocks": 1,
        "attention": (),
        "timesteps": 20,
        "unet": {"groups": 1},
        "ema_decay": 0.9,
    }
    return zoo.Diffusion(**defaults | arguments)


def batch(count=16, classes=3):
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (count, *SHAPE)).astype("float32")
    return images, np.arange(count, dtype="int32") % classes


class Zero:
    """A network that sees no noise, and counts what it is told."""

    def __call__(self, inputs, training=False):
        self.told = [ops.convert_to_numpy(x) for x in inputs]
        return ops.zeros_like(inputs[0])


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = tiny(num_classes=3, schedule="cosine", prediction="v", min_snr=5.0)
    model.compile(denoiser_optimizer=keras.optimizers.Adam(0.01))
    model.fit(*batch(), batch_size=8, epochs=2, verbose=0)
    return model


# Losses


@pytest.mark.parametrize("prediction", ["epsilon", "v", "x0"])
@pytest.mark.parametrize("loss_space", [None, "epsilon", "v", "x0"])
@pytest.mark.parametrize("min_snr", [None, 2.0])
def test_loss_by_hand(prediction, loss_space, min_snr):
    """Of a network that says 0: the mean square of what it should say."""
    model = tiny(prediction=prediction, loss_space=loss_space, min_snr=min_snr)
    model.call = network = Zero()
    random = np.random.default_rng(1)
    images, noise = random.standard_normal((2, 3, *SHAPE)).astype("float32")
    times = np.array([0, 7, 12])
    found = model.errors(
        *map(ops.convert_to_tensor, (images, times, noise)),
        labels=None,
        training=True,
    )
    alpha = np.cumprod(1 - np.linspace(1e-4 * 50, 0.999, 20))[times]
    snr = alpha / (1 - alpha)
    a, b = np.sqrt(alpha), np.sqrt(1 - alpha)
    a, b = a[:, None, None, None], b[:, None, None, None]
    wanted = {"epsilon": noise, "v": a * noise - b * images, "x0": images}
    of_x0 = {"epsilon": snr, "v": snr + 1, "x0": 1}
    weights = of_x0[loss_space or prediction]
    if min_snr is not None:
        weights = np.minimum(of_x0[loss_space or "epsilon"], 2)
    weights = weights / of_x0[prediction]
    errors = weights * np.mean(wanted[prediction] ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), errors * np.ones(3), rtol=1e-5
    )
    told_images, told_times = network.told
    np.testing.assert_allclose(told_images, a * images + b * noise, atol=1e-6)
    np.testing.assert_array_equal(told_times, times)


def test_loss_space_is_that_of_the_error():
    """A wrong image, compared as the noise and the `v` that follow from it."""
    random = np.random.default_rng(1)
    images, noise, wrong = random.standard_normal((3, 3, *SHAPE))
    images, noise = images.astype("float32"), noise.astype("float32")
    times = np.array([0, 7, 12])
    alpha = np.cumprod(1 - np.linspace(1e-4 * 50, 0.999, 20))[times]
    a, b = np.sqrt(alpha), np.sqrt(1 - alpha)
    a, b = a[:, None, None, None], b[:, None, None, None]
    seen = a * images + b * noise
    eps = (seen - a * wrong) / b
    errors = {
        "epsilon": noise - eps,
        "v": (a * noise - b * images) - (a * eps - b * wrong),
    }
    for space, error in errors.items():
        model = tiny(prediction="x0", loss_space=space)
        model.call = lambda inputs, training: ops.convert_to_tensor(
            wrong.astype("float32")
        )
        found = model.errors(
            *map(ops.convert_to_tensor, (images, times, noise)),
            labels=None,
            training=True,
        )
        expected = np.mean(error**2, axis=(1, 2, 3))
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected, rtol=1e-4
        )


def test_a_schedule_that_ends_in_images_warns():
    """With the betas of 1000 times, 100 end at a signal rate of 0.60."""
    short = schedules.linear(100, 1e-4, 0.02)
    with pytest.warns(UserWarning, match=r"100 times the signal rate is 0\.60"):
        tiny(schedule=short)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        tiny(timesteps=100)
        tiny(schedule=short, zero_terminal_snr=True, prediction="v")


def test_loss_is_the_mean_error(trained):
    random = np.random.default_rng(1)
    images, noise = random.standard_normal((2, 3, *SHAPE)).astype("float32")
    times, labels = np.array([0, 7, 19]), np.array([0, 1, 3])
    arguments = list(map(ops.convert_to_tensor, (images, times, noise, labels)))
    terms = trained.denoiser_loss(*arguments, training=False)
    errors = trained.errors(*arguments, training=False)
    loss = ops.convert_to_numpy(terms.pop("denoiser_loss"))
    assert not terms
    assert loss == pytest.approx(ops.convert_to_numpy(errors).mean(), rel=1e-5)


def test_network_may_be_told_the_signal_rate():
    model = tiny(time_input="signal_rate")
    model.call = network = Zero()
    images, _ = batch(2)
    model.errors(
        ops.convert_to_tensor(images),
        ops.convert_to_tensor(np.array([3, 19])),
        ops.zeros((2, *SHAPE)),
        labels=None,
        training=True,
    )
    expected = np.sqrt(
        np.cumprod(1 - np.linspace(1e-4 * 50, 0.999, 20))[[3, 19]]
    )
    np.testing.assert_allclose(network.told[1], expected, rtol=1e-6)


def test_noise_is_normal_and_times_are_uniform():
    model = tiny()
    times, noise = model.sample_noise(ops.zeros((5000, *SHAPE)))
    times, noise = map(ops.convert_to_numpy, (times, noise))
    counts = np.bincount(times, minlength=20)
    assert len(counts) == 20
    assert abs(counts - 250).max() < 5 * np.sqrt(250)
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(1, abs=0.02)


def test_labels_are_hidden_with_the_probability(trained):
    labels = ops.convert_to_tensor(np.arange(6000, dtype="int32") % 3)
    hidden = ops.convert_to_numpy(trained.hide_labels(labels))
    share = np.mean(hidden == 3)
    assert share == pytest.approx(0.1, abs=5 * np.sqrt(0.09 / 6000))
    np.testing.assert_array_equal(
        hidden[hidden < 3], (np.arange(6000) % 3)[hidden < 3]
    )


# Training


def test_default_optimizer_is_the_papers():
    adam = tiny().default_optimizers()["denoiser"]
    assert adam.global_clipnorm == 1
    rates = [float(adam._learning_rate(step)) for step in (0, 2500, 9000)]
    np.testing.assert_allclose(rates, [0, 1e-4, 2e-4], rtol=1e-6)


def test_it_learns_which_label_is_which(trained):
    _, labels = batch(48)
    values = np.array([-0.6, 0.0, 0.6], "float32")[labels]
    images = np.broadcast_to(values[:, None, None, None], (48, *SHAPE))
    first, *_, last = trained.fit(
        images, labels, batch_size=8, epochs=60, verbose=0
    ).history["denoiser_loss"]
    assert last < first / 2
    made = trained.generate(30, seed=0, steps=5).mean((1, 2, 3))
    means = made.reshape(10, 3).mean(0)
    np.testing.assert_allclose(means, [-0.6, 0, 0.6], atol=0.2)


def test_evaluate_gives_the_loss_by_noise_level(trained):
    """The mean lies between those of its parts; evaluating changes nothing."""
    before = everything(trained)
    logs = trained.evaluate(*batch(64), verbose=0, return_dict=True)
    assert changed(before, everything(trained)) == []
    bands = [logs[f"denoiser_loss_{i}_of_4"] for i in (1, 2, 3, 4)]
    assert all(np.isfinite(bands))
    assert min(bands) < logs["denoiser_loss"] < max(bands)
    again = trained.evaluate(*batch(64), verbose=0, return_dict=True)
    assert again == logs


def test_evaluate_uses_the_average(trained):
    for variable in trained.network("denoiser").trainable_variables:
        if variable.path.endswith("last/bias"):
            before = ops.convert_to_numpy(variable).copy()
            loss = trained.evaluate(*batch(), verbose=0)[0]
            variable.assign(before + 10)
            assert trained.evaluate(*batch(), verbose=0)[0] > loss + 10
            variable.assign(before)


# Denoising


@pytest.mark.parametrize("prediction", ["epsilon", "v", "x0"])
def test_denoise(prediction):
    """Both estimates make up the images that they are of."""
    model = tiny(prediction=prediction, ema_decay=None)
    images, _ = batch(3)
    times = np.array([0, 4.5, 19])
    x0, eps = model.denoise(images, times=times)
    alpha = model.schedule.alpha(times)
    a, b = (np.sqrt(x)[:, None, None, None] for x in (alpha, 1 - alpha))
    np.testing.assert_allclose(a * x0 + b * eps, images, atol=1e-5)
    other = model.denoise(images, alpha=alpha)
    np.testing.assert_allclose(other, (x0, eps), atol=1e-3)
    inputs = [images, times.astype("float32")]
    predicted = model.predict(inputs, verbose=0)
    given = {"epsilon": eps, "x0": x0, "v": a * eps - b * x0}[prediction]
    np.testing.assert_allclose(predicted, given, atol=1e-4)


# Arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (6, 5, 1), "multipliers": (1, 2)}, "`image_shape`"),
        ({"image_shape": 4}, "`image_shape`"),
        ({"multipliers": 2}, "`multipliers`"),
        ({"attention": (3,)}, "`attention`"),
        ({"prediction": "score"}, "`prediction` must be one of"),
        ({"zero_terminal_snr": True}, "`prediction` must be 'v' or 'x0'"),
        ({"min_snr": 0}, "`min_snr` must be positive"),
        ({"loss_space": "score"}, "`loss_space` must be one of"),
        ({"label_dropout": 1.0}, "`label_dropout` must be in"),
        ({"num_classes": 0}, "`num_classes` must be a positive integer"),
        ({"schedule": "sine"}, "`schedule` must be one of"),
        ({"timesteps": 0}, "`steps` must be a positive integer"),
        ({"time_input": "sigma"}, "`time_input` must be one of"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ValueError, match=rf"{message}.*Received: "):
        tiny(**arguments)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "images alone"),
        (np.full(16, 3), "labels from 3 to 3"),
        (np.full(16, -1), "labels from -1 to -1"),
        (np.zeros(16, "float32"), "dtype=float32"),
        (np.zeros((16, 3), "int32"), r"shape=\(16, 3\)"),
    ],
)
def test_label_errors(trained, labels, message):
    images, _ = batch()
    data = [(images, labels)] if labels is not None else [(images,)]
    with pytest.raises(ValueError, match=rf"Received: .*{message}"):
        trained.fit(images, labels, verbose=0)
    with pytest.raises(ValueError, match=rf"Received: .*{message}"):
        trained.evaluate(iter(data), verbose=0)


def test_image_errors(trained):
    images, labels = batch()
    with pytest.raises(ValueError, match=r"in \[-1, 1\].*Received: "):
        trained.fit(images * 9, labels, verbose=0)


# Precision and saving


@pytest.mark.parametrize(
    "schedule", ["linear", "cosine", schedules.from_betas(np.full(20, 0.1))]
)
def test_config_comes_back(schedule):
    arguments = {
        "num_classes": 3,
        "schedule": schedule,
        "prediction": "v",
        "loss_space": "x0",
        "min_snr": 5.0,
        "label_dropout": 0.2,
        "zero_terminal_snr": True,
        "time_input": "signal_rate",
        "unet": {"groups": 2},
        "dropout": 0.3,
    }
    model = tiny(**arguments)
    loaded = zoo.Diffusion.from_config(model.get_config())
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(
        loaded.schedule.alphas_bar, model.schedule.alphas_bar
    )
    assert loaded.schedule.has_zero_terminal_snr
