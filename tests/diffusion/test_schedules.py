"""Noise schedules against closed forms, Bayes' rule and diffusers."""

import numpy as np
import pytest

import zoo
from zoo.diffusion import schedules

pytestmark = pytest.mark.backend_free

ALL = {
    "linear": schedules.linear(1000),
    "scaled_linear": schedules.scaled_linear(1000),
    "cosine": schedules.cosine(1000),
    "zero_snr": schedules.linear(1000).rescale_to_zero_terminal_snr(),
    "given": schedules.from_alphas_bar([0.9, 0.5, 0.2]),
}
each = pytest.mark.parametrize("schedule", ALL.values(), ids=ALL)


def test_linear_in_closed_form():
    """Betas 0.1, 0.2, 0.3 leave 0.9, 0.9 * 0.8 and 0.9 * 0.8 * 0.7."""
    schedule = schedules.linear(3, start=0.1, end=0.3)
    np.testing.assert_allclose(schedule.alphas_bar, [0.9, 0.72, 0.504])


@pytest.mark.parametrize("name", ["linear", "scaled_linear", "cosine"])
@pytest.mark.parametrize("steps", [5, 20, 100, 4000])
def test_any_number_of_times_ends_in_noise(name, steps):
    """With the betas of 1000, 100 times would end at a signal rate of 0.60."""
    schedule = schedules.get(name, steps)
    assert schedule.signal_rate(steps - 1) < 0.07
    assert schedules.get(name).steps == 1000


def test_default_betas_are_those_of_1000_scaled():
    given = schedules.linear(100, 1e-3, 0.2)
    np.testing.assert_array_equal(
        schedules.linear(100).alphas_bar, given.alphas_bar
    )
    assert schedules.linear().get_config() == {
        "name": "linear", "steps": 1000, "start": 1e-4, "end": 0.02
    }  # fmt: skip
    assert schedules.scaled_linear().get_config() == {
        "name": "scaled_linear", "steps": 1000, "start": 0.00085, "end": 0.012
    }  # fmt: skip
    as_before = schedules.linear(100, 1e-4, 0.02)
    assert as_before.signal_rate(99) == pytest.approx(0.60, abs=0.005)


def test_cosine_in_closed_form():
    """The betas telescope, up to the last few, which are cut at 0.999."""
    times = np.arange(1, 991) / 1000
    f = np.cos((times + 0.008) / 1.008 * np.pi / 2) ** 2
    f /= np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    cosine = ALL["cosine"]
    np.testing.assert_allclose(cosine.alphas_bar[:990], f, rtol=1e-9)
    last = cosine.alphas_bar[-1] / cosine.alphas_bar[-2]
    assert last == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("linear", {"beta_schedule": "linear"}),
        (
            "scaled_linear",
            {
                "beta_schedule": "scaled_linear",
                "beta_start": 0.00085,
                "beta_end": 0.012,
            },
        ),
        ("cosine", {"beta_schedule": "squaredcos_cap_v2"}),
        (
            "zero_snr",
            {"beta_schedule": "linear", "rescale_betas_zero_snr": True},
        ),
    ],
)
def test_as_diffusers(name, theirs):
    diffusers = pytest.importorskip("diffusers")
    expected = diffusers.DDPMScheduler(**theirs).alphas_cumprod.numpy()
    np.testing.assert_allclose(ALL[name].alphas_bar, expected, atol=2e-6)


@each
def test_rates(schedule):
    times = np.linspace(-1, schedule.steps - 1, 77)
    signal, noise = schedule.signal_rate(times), schedule.noise_rate(times)
    np.testing.assert_allclose(signal**2 + noise**2, 1)
    assert signal[0] == 1
    assert noise[0] == 0
    assert np.all(np.diff(signal) < 0)
    np.testing.assert_allclose(
        schedule.alpha(np.arange(schedule.steps)),
        schedule.alphas_bar,
        rtol=1e-9,
    )


@each
def test_conversions_come_back(schedule):
    times = np.linspace(0, schedule.steps - 1, 31)
    alpha, snr = schedule.alpha(times), schedule.snr(times)
    np.testing.assert_allclose(schedule.time_of(alpha), times, atol=1e-6)
    np.testing.assert_allclose(schedule.time_of_snr(snr), times, atol=1e-3)
    inside = alpha > 0
    expected = alpha[inside] / (1 - alpha[inside])
    np.testing.assert_allclose(snr[inside], expected, rtol=1e-9)
    np.testing.assert_allclose(np.exp(schedule.log_snr(times)), snr, rtol=1e-12)


def test_between_two_times_by_hand():
    """Half-way between angles of 30 and 60 degrees is one of 45."""
    angles = np.pi / np.array([6, 3])
    schedule = schedules.from_alphas_bar(np.cos(angles) ** 2)
    assert schedule.alpha(0.5) == pytest.approx(0.5)
    assert schedule.snr(0.5) == pytest.approx(1)
    assert schedule.alpha(-0.5) == pytest.approx(np.cos(np.pi / 12) ** 2)


def test_clean_and_pure_noise():
    schedule = ALL["zero_snr"]
    assert schedule.has_zero_terminal_snr
    assert not ALL["linear"].has_zero_terminal_snr
    assert schedule.snr(-1) == np.inf
    assert schedule.snr(999) == 0
    assert schedule.log_snr(999) == -np.inf
    first = ALL["linear"].alphas_bar[0]
    assert schedule.alphas_bar[0] == pytest.approx(first)


@each
def test_images_come_back_from_noisy_ones(schedule):
    random = np.random.default_rng(0)
    times = np.arange(0, schedule.steps, max(1, schedule.steps // 20))
    times = times[times < 0.9 * schedule.steps]
    images = random.uniform(-1, 1, (len(times), 2, 2, 1)).astype("float32")
    noise = random.standard_normal(images.shape).astype("float32")
    noisy = schedule.add_noise(images, noise, times)
    expected = images[1] * np.sqrt(schedule.alphas_bar[times[1]])
    expected += noise[1] * np.sqrt(1 - schedule.alphas_bar[times[1]])
    np.testing.assert_allclose(noisy[1], expected, atol=1e-6)
    np.testing.assert_allclose(
        schedule.remove_noise(noisy, noise, times), images, atol=1e-5
    )


@each
@pytest.mark.parametrize("stride", [1, 7])
def test_posterior_by_bayes_rule(schedule, stride):
    """The product of two Gaussians in x_s: from x_0, and on to x_t."""
    stride = min(stride, schedule.steps - 1)
    t = np.arange(stride, schedule.steps, stride)[:-1]
    t = t if len(t) else np.array([stride])
    alpha_t, alpha_s = schedule.alphas_bar[t], schedule.alphas_bar[t - stride]
    x0, x_t = 0.3, -1.2
    prior_mean, prior_variance = np.sqrt(alpha_s) * x0, 1 - alpha_s
    slope = np.sqrt(alpha_t / alpha_s)
    likelihood_variance = 1 - alpha_t / alpha_s
    precision = 1 / prior_variance + slope**2 / likelihood_variance
    mean = prior_mean / prior_variance + slope * x_t / likelihood_variance
    of_x0, of_xt, variance = schedule.posterior(t, t - stride)
    np.testing.assert_allclose(variance, 1 / precision, rtol=1e-7)
    np.testing.assert_allclose(
        of_x0 * x0 + of_xt * x_t, mean / precision, rtol=1e-7
    )


def test_posterior_of_the_first_time_is_the_image():
    of_x0, of_xt, variance = ALL["linear"].posterior(0)
    np.testing.assert_allclose([of_x0, of_xt, variance], [1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("spacing", schedules.SPACINGS)
@pytest.mark.parametrize("steps", [2, 7, 16, 50, 1000])
def test_sampling_times_as_diffusers(spacing, steps):
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(timestep_spacing=spacing)
    scheduler.set_timesteps(steps)
    np.testing.assert_array_equal(
        ALL["linear"].sampling_times(steps, spacing), scheduler.timesteps
    )


def test_trailing_times_are_rounded_before_one_is_taken_off():
    times = ALL["linear"].sampling_times(16)
    np.testing.assert_array_equal(times[:4], [999, 937, 874, 811])
    np.testing.assert_array_equal(ALL["linear"].sampling_times(1), [999])


@pytest.mark.parametrize("spacing", schedules.SPACINGS)
@pytest.mark.parametrize("steps", [1, 7, 16, 20])
def test_times_of_the_solver(spacing, steps):
    """One more than steps of the other kinds, of which the last is dropped."""
    solver = zoo.samplers.DPMSolver()
    times = solver.times(ALL["linear"], steps, spacing)
    expected = {
        "trailing": np.round(1000 - np.arange(steps) * 1000 / steps) - 1,
        "leading": np.arange(steps, 0, -1) * (1000 // (steps + 1)),
        "linspace": np.round(np.linspace(999, 0, steps + 1)[:-1]),
    }
    np.testing.assert_array_equal(times, expected[spacing])
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DPMSolverMultistepScheduler(timestep_spacing=spacing)
    scheduler.set_timesteps(steps)
    np.testing.assert_array_equal(times, scheduler.timesteps)


@each
def test_config_comes_back(schedule):
    loaded = schedules.get(schedule.get_config())
    np.testing.assert_array_equal(loaded.alphas_bar, schedule.alphas_bar)
    assert schedules.get(schedule) is schedule


def test_by_name():
    assert zoo.schedules.get("cosine", 10).steps == 10
    betas = schedules.from_betas([0.1, 0.2])
    np.testing.assert_allclose(betas.alphas_bar, [0.9, 0.72])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.get("sine"), "`schedule` must be one of"),
        (lambda: schedules.get("given"), "`schedule` must be one of"),
        (lambda: schedules.get({"steps": 3}), "`schedule` must be one of"),
        (lambda: schedules.linear(0), "`steps` must be a positive integer"),
        (lambda: schedules.linear(10**9), "`steps` must be at most"),
        (lambda: schedules.linear(9, end=2.0), "must be in \\(0, 1\\)"),
        (lambda: schedules.from_betas([0.1, "x"]), "`betas` must be 1 to"),
        (lambda: schedules.from_alphas_bar([]), "`alphas_bar` must be 1 to"),
        (lambda: schedules.from_alphas_bar([0.2, 0.9]), "must fall strictly"),
        (lambda: schedules.linear(1).rescale_to_zero_terminal_snr(), "one"),
        (lambda: schedules.linear(9).time_of(1.5), "`alpha` must be in"),
        (lambda: schedules.linear(9).sampling_times(10), "at most 9"),
        (lambda: schedules.linear(9).sampling_times(3, "odd"), "`spacing`"),
        (lambda: schedules.linear(9).sampling_times(1, "leading"), "single"),
        (lambda: schedules.linear(9).sampling_times(1, "linspace"), "single"),
        (
            lambda: zoo.samplers.DPMSolver().times(
                schedules.linear(9), 9, "leading"
            ),
            "`steps` must be less than 9",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=rf"{message}.*Received: "):
        make()
