"""Samplers' steps against those of diffusers, from the same noise."""

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


def compare(scheduler, plan, kind, clip, step_of):
    """Takes each of our steps from where the reference stands."""
    np.testing.assert_array_equal(plan.times, scheduler.timesteps)
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.standard_normal(SHAPE).astype("float32"))
    before = np.zeros(SHAPE, "float32")
    for i, t in enumerate(scheduler.timesteps):
        prediction = random.standard_normal(SHAPE).astype("float32")
        noise = torch.randn(SHAPE, generator=torch.manual_seed(i))
        ours, before = samplers.step(
            ops.convert_to_tensor(plan.table[i]),
            ops.convert_to_tensor(x.numpy()),
            ops.convert_to_tensor(prediction),
            ops.convert_to_tensor(before),
            ops.convert_to_tensor(noise.numpy()) if plan.is_random else None,
            kind,
            limit=1.0 if clip else np.inf,
        )
        x = step_of(torch.from_numpy(prediction), t, x, torch.manual_seed(i))
        expected = x.numpy()
        scale = max(1, abs(expected).max())
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours) / scale, expected / scale, atol=1e-4
        )
        x, before = x / scale, ops.convert_to_numpy(before)


@every_schedule
@every_kind
@pytest.mark.parametrize("clip", [True, False])
def test_ddpm(schedule, kind, clip):
    scheduler = scheduler_of("DDPMScheduler", schedule, kind, clip_sample=clip)
    compare(
        scheduler,
        samplers.ddpm(schedules.get(schedule), scheduler.timesteps.numpy()),
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
    times = scheduler.timesteps.numpy()
    compare(
        scheduler,
        samplers.ddpm(schedules.linear(), times, variance="large"),
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
    plan = samplers.ddim(
        schedules.get(schedule), scheduler.timesteps.numpy(), eta
    )
    assert plan.is_random == (eta > 0)
    compare(
        scheduler,
        plan,
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
    plan = samplers.dpm_solver(
        schedules.get(schedule), scheduler.timesteps.numpy()
    )
    # The reference remembers what came before, so it is not rescaled.
    compare(
        scheduler,
        plan,
        kind,
        False,
        lambda y, t, x, g: scheduler.step(y, t, x).prev_sample,
    )


@pytest.mark.parametrize("sampler", samplers.SAMPLERS.values())
def test_true_noise_leads_to_the_image(sampler):
    """With the true `x_0` told at each step, each sampler ends at it."""
    schedule = schedules.linear().rescale_to_zero_terminal_snr()
    plan = sampler(schedule, schedule.sampling_times(5))
    assert np.isfinite(plan.table).all()
    image = 0.25 * ops.ones(SHAPE)
    x = before = ops.ones(SHAPE)
    for row in plan.table:
        x, before = samplers.step(
            ops.convert_to_tensor(row), x, image, before, None, "x0"
        )
    np.testing.assert_allclose(ops.convert_to_numpy(x), 0.25, atol=1e-6)


@pytest.mark.parametrize("terminal", [False, True])
def test_ddim_inverse_undoes_each_step(terminal):
    """Told what the network said at `x_t`, it goes from `x_s` to `x_t`."""
    schedule = schedules.cosine()
    if terminal:
        schedule = schedule.rescale_to_zero_terminal_snr()
    times = schedule.sampling_times(7)
    forward = samplers.ddim(schedule, times).table
    backward = samplers.ddim_inverse(schedule, times).table[::-1]
    random = np.random.default_rng(1)
    for there, back in zip(forward, backward, strict=True):
        x_t, v = random.standard_normal((2, *SHAPE)).astype("float32")
        np.testing.assert_array_equal(there[:3], back[:3])
        x0, eps = predictions.split(v, x_t, *there[1:3], "v")
        x_s = there[4] * x0 + there[5] * eps
        returned = back[3] * x_s + back[4] * x0 + back[5] * eps
        np.testing.assert_allclose(returned, x_t, atol=1e-4)


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
    schedule = schedules.linear()
    with pytest.raises(ValueError, match=r"`eta`.*Received: eta=1.5"):
        samplers.ddim(schedule, [999, 499], eta=1.5)
    with pytest.raises(ValueError, match=r"`variance`.*Received: .*'tiny'"):
        samplers.ddpm(schedule, [999, 499], variance="tiny")
