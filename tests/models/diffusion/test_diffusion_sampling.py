"""Sampling by networks whose distribution is known in closed form."""

import functools

import keras
import numpy as np
import pytest
from support.optimal_denoiser import Mixture, OnePerLabel, model_of

MEANS = np.array([[-0.5, -0.3], [0.4, 0.5]])
SHARES = np.array([0.3, 0.7])
DEVIATION = 0.2
COUNT = 4000


def samples_of(sampler, steps, count=COUNT, **arguments):
    model = model_of(
        Mixture(MEANS, SHARES, DEVIATION),
        schedule="cosine",
        timesteps=500,
        **arguments,
    )
    made = model.generate(
        count, seed=0, batch_size=count, steps=steps, clip=False, **sampler
    )
    assert made.shape == (count, 1, 1, 2)
    assert made.dtype == "float32"
    return made.reshape(count, 2)


@pytest.mark.parametrize(
    ("sampler", "steps", "prediction"),
    [
        ({"sampler": "ddpm"}, 500, "epsilon"),
        ({"sampler": "ddim"}, 250, "v"),
        ({"sampler": "ddim", "eta": 1.0}, 500, "v"),
        ({"sampler": "dpm_solver"}, 100, "x0"),
    ],
)
def test_mixture_of_gaussians(sampler, steps, prediction):
    """Mean, variance and shares of the modes, to four standard errors."""
    made = samples_of(sampler, steps, prediction=prediction)
    nearest = np.argmin(((made[:, None] - MEANS) ** 2).sum(-1), axis=1)
    share = np.mean(nearest == 1)
    error = np.sqrt(SHARES[0] * SHARES[1] / COUNT)
    assert share == pytest.approx(SHARES[1], abs=4 * error)
    for mode in (0, 1):
        of_mode = made[nearest == mode]
        error = DEVIATION / np.sqrt(len(of_mode))
        np.testing.assert_allclose(of_mode.mean(0), MEANS[mode], atol=4 * error)
        error = DEVIATION / np.sqrt(2 * len(of_mode))
        np.testing.assert_allclose(of_mode.std(0), DEVIATION, atol=4 * error)
    whole = MEANS - SHARES @ MEANS
    covariance = np.einsum("k,ki,kj->ij", SHARES, whole, whole)
    covariance += DEVIATION**2 * np.eye(2)
    np.testing.assert_allclose(np.cov(made.T), covariance, atol=0.02)


@functools.cache
def normal(**arguments):
    """Returns a model of one Gaussian, and the mean of that."""
    mean = np.array([[0.3, -0.2]])
    network = Mixture(mean, np.ones(1), DEVIATION)
    defaults = {"schedule": "cosine", "timesteps": 200, "prediction": "v"}
    return model_of(network, **defaults | arguments), mean


def test_inverting_a_gaussian():
    """Deterministic sampling is a line: the noise scales with what is left."""
    model, mean = normal()
    random = np.random.default_rng(0)
    images = random.uniform(-0.5, 0.5, (6, 1, 1, 2)).astype("float32")
    noise = model.invert(images, steps=200)
    alpha = model.schedule.alpha(199)
    scale = np.sqrt(DEVIATION**2 * alpha + 1 - alpha) / DEVIATION
    expected = np.sqrt(alpha) * mean + scale * (images - mean)
    # First order: 200 steps are as many as there are, and this good.
    np.testing.assert_allclose(noise, expected, rtol=0.03)


@pytest.mark.parametrize("prediction", ["epsilon", "v", "x0"])
@pytest.mark.parametrize("steps", [10, 60])
def test_inverting_and_back(prediction, steps):
    model, _ = normal(prediction=prediction)
    random = np.random.default_rng(0)
    images = random.uniform(-0.5, 0.5, (3, 1, 1, 2)).astype("float32")
    exact = model.invert(images, steps=steps, iterations=20, batch_size=2)
    again = model.generate_from(exact, steps=steps)
    np.testing.assert_allclose(again, images, atol=1e-3)
    rough = model.invert(images, steps=steps, iterations=1)
    error = abs(model.generate_from(rough, steps=steps) - images).max()
    assert error > 1e-3  # Which is what iterating is for.


def test_interpolating():
    """Between two images of a Gaussian lies the arc of their noises."""
    model, _ = normal()
    random = np.random.default_rng(0)
    a, b = random.uniform(-0.4, 0.4, (2, 2, 1, 1, 2)).astype("float32")
    made = model.interpolate(a, b, count=3, steps=50)
    assert made.shape == (2, 3, 1, 1, 2)
    np.testing.assert_allclose(made[:, 0], a, atol=0.01)
    np.testing.assert_allclose(made[:, 2], b, atol=0.01)
    x, y = model.invert(np.concatenate([a, b])[[0, 2]], steps=50)
    cosine = np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2))
    middle = (x + y) / np.sqrt(2 + 2 * cosine)  # Half of the angle.
    expected = model.generate_from(middle[None], steps=50)
    np.testing.assert_allclose(made[0, 1], expected[0], atol=1e-4)


@pytest.mark.parametrize(
    ("sampler", "share"), [("ddpm", 0.95), ("ddim", 0.8), ("dpm_solver", 0.8)]
)
def test_inpainting_fits_what_is_known(sampler, share):
    """Two pixels are alike; told one, the other follows: half by chance."""
    network = Mixture(np.array([[-0.5] * 2, [0.5] * 2]), np.ones(2) / 2, 0.05)
    model = model_of(network, image_shape=(1, 2, 1), timesteps=100)
    sides = np.where(np.arange(40) % 3 == 0, -0.5, 0.5).astype("float32")
    images = np.stack([sides, np.zeros(40)], -1).reshape(40, 1, 2, 1)
    images = images.astype("float32")
    made = model.inpaint(images, [[0, 1]], seed=0, steps=50, sampler=sampler)
    np.testing.assert_array_equal(made[:, 0, 0], images[:, 0, 0])
    near = abs(made[:, 0, 1, 0] - sides) < 0.3
    assert np.mean(near) > share


@pytest.fixture(scope="module")
def by_label():
    values = (0.1, 0.3, 0.5, -0.2)  # The last is that of no label.
    return model_of(OnePerLabel(values), num_classes=3, timesteps=50)


def test_labels(by_label):
    def means(**arguments):
        return by_label.generate(4, seed=0, steps=5, **arguments)[:, 0, 0, 0]

    np.testing.assert_allclose(means(), [0.1, 0.3, 0.5, 0.1], atol=1e-5)
    np.testing.assert_allclose(means(labels=1), 0.3, atol=1e-5)
    np.testing.assert_allclose(
        means(labels=[2, 0, 0, 1]), [0.5, 0.1, 0.1, 0.3], atol=1e-5
    )
    noise = np.ones((2, 1, 1, 2))
    unlabelled = by_label.generate_from(noise, steps=5)
    np.testing.assert_allclose(unlabelled, -0.2, atol=1e-5)
    labelled = by_label.generate_from(noise, labels=2, steps=5)
    np.testing.assert_allclose(labelled, 0.5, atol=1e-5)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 1.7])
def test_guidance_by_hand(by_label, guidance):
    """-0.2 + w (0.3 - -0.2)."""
    made = by_label.generate(2, labels=1, guidance=guidance, seed=0, steps=5)
    np.testing.assert_allclose(made, -0.2 + guidance * 0.5, atol=1e-5)


@pytest.fixture(scope="module")
def about_label():
    network = OnePerLabel((0.1, 0.3, 0.5, -0.2), DEVIATION)
    return model_of(network, num_classes=3, timesteps=200, prediction="x0")


def test_guidance_interval_by_hand(about_label):
    """DDIM's formula in NumPy: some steps are guided, the others are not."""
    schedule = about_label.schedule
    times = schedule.sampling_times(10)
    signal, sigma = schedule.signal_rate(times), schedule.noise_rate(times)
    ratio = sigma / signal

    def estimate(x, i, mean):
        variance = signal[i] ** 2 * DEVIATION**2 + sigma[i] ** 2
        gain = signal[i] * DEVIATION**2 / variance
        return mean + gain * (x - signal[i] * mean)

    x = 0.7
    for i in range(10):
        given, without = estimate(x, i, 0.3), estimate(x, i, -0.2)
        x0 = without + (1.7 if 3 <= i <= 6 else 1.0) * (given - without)
        eps = (x - signal[i] * x0) / sigma[i]
        last = i == 9
        x = x0 if last else signal[i + 1] * x0 + sigma[i + 1] * eps

    noise = np.full((2, 1, 1, 2), 0.7, "float32")

    def made(guidance, interval=None):
        return about_label.generate_from(
            noise,
            labels=1,
            steps=10,
            guidance=guidance,
            guidance_interval=interval,
        )

    ends = (ratio[6] - 1e-6, ratio[3] + 1e-6)
    np.testing.assert_allclose(made(1.7, ends), x, atol=1e-5)
    np.testing.assert_array_equal(made(1.7, (0, np.inf)), made(1.7))
    np.testing.assert_array_equal(made(1.7, (1e6, np.inf)), made(1.0))
    assert abs(made(1.7) - x).min() > 0.01
    assert abs(made(1.0) - x).min() > 0.01


@pytest.mark.parametrize("sampler", ["ddpm", "dpm_solver"])
def test_guidance_interval_leaves_steps_as_they_are(about_label, sampler):
    """Chunks start and end with it, and go on as single steps would."""
    sampling = {
        "sampler": sampler,
        "steps": 40,
        "guidance": 2.0,
        "guidance_interval": (0.4, 3.0),
    }
    whole = about_label.generate(3, seed=0, **sampling)
    single, _ = about_label.generate(
        3, seed=0, return_trajectory=True, **sampling
    )
    np.testing.assert_allclose(whole, single, atol=1e-5)


def test_inverting_with_a_guidance_interval(about_label):
    images = np.array([[[[0.1, 0.4]]], [[[-0.3, 0.2]]]], "float32")
    sampling = {
        "steps": 60,
        "labels": [0, 2],
        "guidance": 1.5,
        "guidance_interval": (0.5, 2.0),
    }
    noise = about_label.invert(images, iterations=20, **sampling)
    back = about_label.generate_from(noise, **sampling)
    np.testing.assert_allclose(back, images, atol=1e-3)
    del sampling["guidance_interval"]
    throughout = about_label.generate_from(noise, **sampling)
    assert abs(throughout - images).max() > 0.02


def test_estimates_of_the_image_are_clipped(by_label):
    arguments = {"labels": 2, "guidance": 4.0, "steps": 3, "seed": 0}
    np.testing.assert_array_equal(by_label.generate(1, **arguments), 1)
    unclipped = by_label.generate(1, clip=False, **arguments)
    np.testing.assert_allclose(unclipped, -0.2 + 4 * 0.7, atol=1e-4)


def test_trajectory():
    model, _ = normal(timesteps=8)
    images, path = model.generate(3, seed=0, steps=8, return_trajectory=True)
    assert path.shape == (9, 3, 1, 1, 2)
    noise = model.generate_from(path[0], steps=8)
    np.testing.assert_allclose(noise, images, atol=1e-5)
    np.testing.assert_array_equal(path[-1], images)
    np.testing.assert_allclose(
        model.generate(3, seed=0, steps=8), images, atol=1e-5
    )


@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_noise_depends_on_seed_and_image_alone(sampler):
    model, _ = normal()
    arguments = {"sampler": sampler, "steps": 30}
    made = model.generate(5, seed=3, **arguments)
    for other in (
        model.generate(5, seed=3, batch_size=2, **arguments),
        np.concatenate([model.generate(3, seed=3, **arguments), made[3:]]),
    ):
        np.testing.assert_allclose(other, made, atol=1e-5)
    assert abs(model.generate(5, seed=4, **arguments) - made).min() > 0
    unseeded = [model.generate(5, **arguments) for _ in range(2)]
    assert abs(unseeded[0] - unseeded[1]).min() > 0


def test_the_same_start_on_every_backend():
    """NumPy's numbers, told here once for all backends."""
    model, _ = normal()
    _, path = model.generate(1, seed=7, steps=1, return_trajectory=True)
    expected = np.random.default_rng(np.random.SeedSequence(7).spawn(1)[0])
    np.testing.assert_array_equal(
        path[0, 0], expected.standard_normal((1, 1, 2), "float32")
    )


def test_no_python_step_per_time():
    """The loop is compiled, but on PyTorch, and once for any steps."""
    model, _ = normal(timesteps=150)
    network = model.compiled_loop.network
    model.generate(2, steps=100)
    model.generate(2, steps=60)
    if keras.backend.backend() == "torch":
        assert network.calls == 160
    else:
        assert network.calls <= 2


def test_progress_bar(capsys):
    model, _ = normal()
    model.generate(3, steps=60, batch_size=2, verbose=1)
    assert "120/120" in capsys.readouterr().out
    model.generate(3, steps=60, batch_size=2)  # No terminal.
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "`count` must be a positive integer"),
        ({"steps": 201}, "`steps` must be at most 200"),
        ({"steps": 0}, "`steps` must be a positive integer"),
        ({"sampler": "heun"}, "`sampler` must be one of"),
        ({"eta": 2}, r"`eta` must be in \[0, 1\]"),
        ({"eta": 0.5, "sampler": "ddpm"}, "`eta` is of sampler"),
        ({"spacing": "odd"}, "`spacing` must be one of"),
        ({"labels": 1}, "`labels` needs a model with `num_classes`"),
        ({"guidance": 2.0}, "`guidance` needs a model with `num_classes`"),
        ({"guidance": np.nan}, "`guidance` must be a finite number"),
        ({"guidance_interval": 1}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (2, 1)}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (-1, 1)}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (np.nan, 1)}, "`guidance_interval` must be a"),
        ({"batch_size": 0}, "`batch_size` must be a positive integer"),
    ],
)
def test_errors(arguments, message):
    model, _ = normal()
    with pytest.raises(ValueError, match=rf"{message}.*Received: "):
        model.generate(**{"count": 2, **arguments})


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (3, "labels from 3 to 3"),
        (-1, "labels from -1 to -1"),
        ([0, 1, 2], "shape="),
        (1.0, "dtype=float64"),
        ([0, None], ""),
        ("shoe", ""),
    ],
)
def test_label_errors(by_label, labels, message):
    with pytest.raises(
        ValueError, match=rf"from 0 to 2.*Received: .*{message}"
    ):
        by_label.generate(2, labels=labels, steps=2)


def test_errors_of_given_images():
    model, _ = normal()
    images = np.zeros((2, 1, 1, 2), "float32")
    for call, message in [
        (lambda: model.generate_from(images[0]), "`noise` must have shape"),
        (lambda: model.invert(images[..., :1]), "images of shape"),
        (lambda: model.invert(images + 9), r"in \[-1, 1\]"),
        (lambda: model.invert(images, iterations=0), "`iterations`"),
        (lambda: model.interpolate(images, images[:1]), "hold as many"),
        (lambda: model.inpaint(images, np.ones(3)), "`mask` must have"),
        (lambda: model.denoise(images), "`times` or `alpha`"),
        (lambda: model.denoise(images, times=200), r"in \[0, 199\]"),
        (lambda: model.denoise(images, alpha=1.0), r"in \[0, 199\]"),
        (lambda: model.denoise(images, alpha=-1.0), "`alpha` must be in"),
    ]:
        with pytest.raises(ValueError, match=rf"{message}.*Received: "):
            call()


def test_without_label_dropout_there_is_no_answer_without_label():
    model = model_of(OnePerLabel((0.0,) * 3), num_classes=2, label_dropout=0.0)
    with pytest.raises(ValueError, match=r"`label_dropout`.*Received: "):
        model.generate(1, guidance=2.0)
    with pytest.raises(ValueError, match=r"`label_dropout`.*Received: "):
        model.generate_from(np.zeros((1, 1, 1, 2)))
