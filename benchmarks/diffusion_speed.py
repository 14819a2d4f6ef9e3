"""Seconds of zoo.Diffusion and of diffusers on the CIFAR-10 U-Net.

    KERAS_BACKEND=jax python -m benchmarks.diffusion_speed

A training step (batch 8, Adam, gradients cut at norm 1) and 10 steps of DDIM,
in turns in one process, on the same noise; the least of the turns counts, and
the first, which compiles, does not. diffusers runs on PyTorch, as it does; the
zoo on the backend that is set. `--config small` is a network of seconds.
"""

import argparse
import time
import warnings

import keras
import numpy as np

import zoo

BLOCKS = {
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
}
CONFIGS = {
    "cifar10": {"channels": 128, "multipliers": (1, 2, 2, 2), "blocks": 2},
    "small": {"channels": 32, "multipliers": (1, 1), "blocks": 1},
}
BATCH = 8
STEPS = 10


def of_zoo(config, dtype):
    """Returns functions that train and sample once, by the zoo."""
    policy = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[dtype]
    model = zoo.Diffusion((32, 32, 3), dtype=policy, ema_decay=None, **config)
    model.compile()

    def train(images):
        return float(model.train_on_batch(images)[0])

    def sample(noise):
        return model.generate_from(noise, steps=STEPS, spacing="leading")

    return train, sample


def of_diffusers(config, dtype):
    """Returns functions that train and sample once, by diffusers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import diffusers
        import torch

    widths = [config["channels"] * m for m in config["multipliers"]]
    plain = len(widths) - 2
    model = diffusers.UNet2DModel(
        sample_size=32,
        block_out_channels=widths,
        down_block_types=BLOCKS["down_block_types"] + ("DownBlock2D",) * plain,
        up_block_types=("UpBlock2D",) * plain + BLOCKS["up_block_types"],
        layers_per_block=config["blocks"],
        attention_head_dim=None,
        dropout=0.1,
        norm_eps=1e-6,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
    )
    scheduler = diffusers.DDIMScheduler()
    optimizer = torch.optim.Adam(model.parameters(), 2e-4)
    half = torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16")

    def train(images):
        x = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
        noise = torch.randn_like(x)
        times = torch.randint(0, 1000, (len(x),))
        model.train()
        with half:
            seen = scheduler.add_noise(x, noise, times)
            predicted = model(seen, times).sample
        loss = torch.nn.functional.mse_loss(predicted.float(), noise)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    @torch.no_grad()
    def sample(noise):
        x = torch.from_numpy(noise.transpose(0, 3, 1, 2).copy())
        model.eval()
        scheduler.set_timesteps(STEPS)
        for t in scheduler.timesteps:
            with half:
                predicted = model(x, t).sample
            x = scheduler.step(predicted.float(), t, x).prev_sample
        return x.numpy()

    return train, sample


def seconds(function, values):
    """Returns how long a call takes, its result at hand."""
    start = time.perf_counter()
    function(values)
    return time.perf_counter() - start


def main(config, turns, dtypes):
    """Prints a row for each precision and task."""
    random = np.random.default_rng(0)
    shape = (BATCH, 32, 32, 3)
    images = random.uniform(-1, 1, shape).astype("float32")
    noise = random.standard_normal(shape, "float32")
    print(
        f"{config}, batch {BATCH}, {keras.backend.backend()}, least of {turns}"
    )
    for dtype in dtypes:
        sides = (
            of_zoo(CONFIGS[config], dtype),
            of_diffusers(CONFIGS[config], dtype),
        )
        for i, (task, values) in enumerate(
            (("training step", images), (f"DDIM, {STEPS} steps", noise))
        ):
            for side in sides:
                side[i](values)  # Compiles.
            runs = [
                [seconds(s[i], values) for s in sides] for _ in range(turns)
            ]
            ours, theirs = np.min(runs, axis=0)
            print(
                f"{dtype:9} {task:14} zoo {ours:7.3f} s, "
                f"diffusers {theirs:7.3f} s, ratio {theirs / ours:.2f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="cifar10")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    main(options.config, options.turns, options.dtypes)
