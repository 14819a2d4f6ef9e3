"""Whole samples against diffusers', by its own network and scheduler."""

import numpy as np
from test_unet_agreement import DDPM, diffusers, ours, theirs, torch

import zoo


def test_fifty_steps_of_ddim():
    """Of v, since an untrained eps makes rounding grow with each step."""
    settings = DDPM | {
        "sample_size": 8,
        "block_out_channels": (16, 32),
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
        "layers_per_block": 1,
    }
    reference = theirs(settings)
    scheduler = diffusers.DDIMScheduler(prediction_type="v_prediction")
    scheduler.set_timesteps(50)
    model = zoo.Diffusion(
        (8, 8, 3),
        channels=4,
        multipliers=(1,),
        blocks=1,
        attention=(),
        prediction="v",
        ema_decay=None,
        denoiser=ours(reference),
    )
    noise = np.random.default_rng(0).standard_normal((2, 8, 8, 3), "float32")
    x = torch.from_numpy(noise.transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        for t in scheduler.timesteps:
            prediction = reference(x, t).sample
            x = scheduler.step(prediction, t, x).prev_sample
    expected = x.numpy().transpose(0, 2, 3, 1)
    made = model.generate_from(noise, spacing="leading", steps=50)
    np.testing.assert_allclose(made, expected, atol=1e-3)
    assert expected.std() > 0.1
    assert np.mean(abs(expected) < 0.99) > 0.2  # Not all of it is cut.
