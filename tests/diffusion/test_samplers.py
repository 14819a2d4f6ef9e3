"""Samplers' steps against those of diffusers, from the same noise."""

import types

import numpy as np
import pytest
from keras import ops

from zoo.diffusion import predictions, samplers, schedules

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

SHAPE = (2, 1, 3, 3)
KINDS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}
SCHEDULES = {"linear": "linear", "cosine": "squaredcos_cap_v2"}
every_kind = pytest.mark.parametrize("kind", KINDS)
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def scheduler_of(cls, schedule, kind, spacing="trailing", **options):
    scheduler = getattr(diffusers, cls)(
        beta_schedule=SCHEDULES[schedule],
        prediction_type=KINDS[kind],
        timestep_spacing=spacing,
        **options,
    )
    scheduler.set_timesteps(20)
    return scheduler


def steps_of(sampler, schedule, times):
    """Returns the numbers of each step, float32, as the loop has them."""
    times = np.asarray(times)
    rates = sampler.rates(schedule, times, np.append(times[1:], -1))
    assert {x.dtype for x in rates.values()} == {np.dtype("float64")}
    assert not any(np.isnan(x).any() for x in rates.values())
    return [
        types.SimpleNamespace(**{k: np.float32(x[i]) for k, x in rates.items()})
        for i in range(len(times))
    ]


def compare(scheduler, sampler, schedule, kind, clip, step_of):
    """Takes each of our steps from where the reference stands."""
    steps = steps_of(sampler, schedules.get(schedule), scheduler.timesteps)
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.standard_normal(SHAPE).astype("float32"))
    before = ops.zeros(SHAPE)
    for i, t in enumerate(scheduler.timesteps):
        prediction = random.standard_normal(SHAPE).astype("float32")
        noise = torch.randn(SHAPE, generator=torch.manual_seed(i))
        at = steps[i]
        x0, eps = predictions.split(
            ops.convert_to_tensor(prediction),
            ops.convert_to_tensor(x.numpy()),
            at.signal_t,
            at.sigma_t,
            kind,
            limit=1.0 if clip else np.inf,
        )
        z = ops.convert_to_tensor(noise.numpy()) if sampler.is_random else 0.0
        ours = sampler.step(
            at, ops.convert_to_tensor(x.numpy()), x0, eps, before, z
        )
        x = step_of(torch.from_numpy(prediction), t, x, torch.manual_seed(i))
        expected = x.numpy()
        scale = max(1, abs(expected).max())
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours) / scale, expected / scale, atol=1e-4
        )
        x, before = x / scale, x0


@every_schedule
@every_kind
@pytest.mark.parametrize("clip", [True, False])
def test_ddpm(schedule, kind, clip):
    scheduler = scheduler_of("DDPMScheduler", schedule, kind, clip_sample=clip)
    compare(
        scheduler,
        samplers.DDPM(),
        schedule,
        kind,
        clip,
        lambda y, t, x, g: scheduler.step(y, t, x, generator=g).prev_sample,
    )


def test_ddpm_of_large_variance():
    scheduler = scheduler_of(
        "DDPMScheduler",
        "linear",
        "epsilon",
        spacing="leading",
        variance_type="fixed_large",
    )
    compare(
        scheduler,
        samplers.DDPM(variance="large"),
        "linear",
        "epsilon",
        True,
        lambda y, t, x, g: scheduler.step(y, t, x, generator=g).prev_sample,
    )


@every_schedule
@every_kind
@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_ddim(schedule, kind, clip, eta):
    scheduler = scheduler_of("DDIMScheduler", schedule, kind, clip_sample=clip)
    sampler = samplers.DDIM(eta)
    assert sampler.is_random == (eta > 0)
    compare(
        scheduler,
        sampler,
        schedule,
        kind,
        clip,
        lambda y, t, x, g: (
            scheduler.step(y, t, x, eta=eta, generator=g).prev_sample
        ),
    )


@every_schedule
@every_kind
def test_dpm_solver(schedule, kind):
    scheduler = scheduler_of("DPMSolverMultistepScheduler", schedule, kind)
    # The reference remembers what came before, so it is not rescaled.
    compare(
        scheduler,
        samplers.DPMSolver(),
        schedule,
        kind,
        False,
        lambda y, t, x, g: scheduler.step(y, t, x).prev_sample,
    )


@pytest.mark.parametrize("name", samplers.SAMPLERS)
def test_true_noise_leads_to_the_image(name):
    """With the true `x_0` told at each step, each sampler ends at it."""
    schedule = schedules.linear().rescale_to_zero_terminal_snr()
    sampler = samplers.get(name)
    image = 0.25 * ops.ones(SHAPE)
    x = before = ops.ones(SHAPE)
    for at in steps_of(sampler, schedule, schedule.sampling_times(5)):
        x0, eps = predictions.split(image, x, at.signal_t, at.sigma_t, "x0")
        x, before = sampler.step(at, x, x0, eps, before, 0.0), x0
    np.testing.assert_allclose(ops.convert_to_numpy(x), 0.25, atol=1e-6)


@pytest.mark.parametrize("terminal", [False, True])
def test_ddim_inverse_undoes_each_step(terminal):
    """Told what the network said at `x_t`, it goes from `x_s` to `x_t`."""
    schedule = schedules.cosine()
    if terminal:
        schedule = schedule.rescale_to_zero_terminal_snr()
    times = schedule.sampling_times(7)
    random = np.random.default_rng(1)
    forward, backward = samplers.DDIM(), samplers.InverseDDIM()
    for there, back in zip(
        steps_of(forward, schedule, times),
        steps_of(backward, schedule, times),
        strict=True,
    ):
        x_t, v = random.standard_normal((2, *SHAPE)).astype("float32")
        rates = (there.signal_t, there.sigma_t)
        assert rates == (back.signal_t, back.sigma_t)
        x0, eps = predictions.split(v, x_t, *rates, "v")
        x_s = forward.step(there, x_t, x0, eps, 0.0, 0.0)
        returned = backward.step(back, x_s, x0, eps, 0.0, 0.0)
        np.testing.assert_allclose(returned, x_t, atol=1e-4)


def test_samplers_by_name():
    assert samplers.get("ddim", 0.5) == samplers.DDIM(eta=0.5)
    assert samplers.get("ddpm") == samplers.DDPM(variance="small")
    assert samplers.get("dpm_solver") == samplers.DPMSolver()
    own = samplers.DDPM("large")
    assert samplers.get(own) is own


@every_kind
def test_target_and_split_agree(kind):
    random = np.random.default_rng(0)
    images, noise = random.standard_normal((2, 3, 2, 2, 1))
    signal, sigma = 0.6, 0.8
    wanted = predictions.target(images, noise, signal, sigma, kind)
    x = signal * images + sigma * noise
    x0, eps = predictions.split(wanted, x, signal, sigma, kind)
    np.testing.assert_allclose(x0, images)
    np.testing.assert_allclose(eps, noise)


def test_v_by_hand():
    v = predictions.target(np.array(2.0), np.array(3.0), 0.6, 0.8, "v")
    assert v == pytest.approx(0.6 * 3 - 0.8 * 2)


def test_errors():
    with pytest.raises(ValueError, match=r"`eta`.*Received: eta=1.5"):
        samplers.DDIM(eta=1.5)
    with pytest.raises(ValueError, match=r"`variance`.*Received: .*'tiny'"):
        samplers.DDPM(variance="tiny")
    with pytest.raises(ValueError, match=r"`sampler`.*Received: .*'heun'"):
        samplers.get("heun")
    with pytest.raises(ValueError, match=r"`eta` is of.*Received: eta=0.5"):
        samplers.get(samplers.DDIM(), 0.5)
