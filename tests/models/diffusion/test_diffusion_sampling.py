"""Sampling by networks whose distribution is known in closed form."""

import keras
import numpy as np
import pytest
from support.harness import tiny_diffusion
from support.optimal_denoiser import DEVIATION, Mixture, model_of, normal

from zoo.diffusion import samplers

MEANS = np.array([[-0.5, -0.3], [0.4, 0.5]])
SHARES = np.array([0.3, 0.7])
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


def test_variance_of_ddpm():
    """The larger variance spreads what few steps make."""
    spreads = [
        samples_of({"sampler": samplers.DDPM(variance)}, 10, 500).std()
        for variance in ("small", "large")
    ]
    assert spreads[0] < spreads[1]


def test_progress_bar(capsys):
    model, _ = normal()
    model.generate(3, steps=60, batch_size=2, verbose=1)
    assert "120/120" in capsys.readouterr().out
    model.generate(3, steps=60, batch_size=2)  # No terminal.
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_latents_of_a_seed_make_its_images(sampler):
    """With the seed also the noise that a sampler adds is the same."""
    model = tiny_diffusion(num_classes=None)
    how = {"steps": 2, "sampler": sampler, "seed": 0, "verbose": 0}
    latents = model.latents(2, seed=0)
    expected = model.generate(2, **how)
    images = model.generate(latents=latents, **how)
    np.testing.assert_array_equal(images, expected)
    other = model.generate(latents=model.latents(2, seed=1), **how)
    assert not np.allclose(other, expected)
    with pytest.raises(ValueError, match="`count` must be left out"):
        model.generate(3, latents=latents)
    with pytest.raises(ValueError, match=r"`latents` .*\(2, 8, 16, 1\)"):
        model.generate(latents=latents[:, ::2])
