"""The config of a diffusers scheduler, and the schedule it stands for."""

from collections.abc import Mapping
from typing import Any

from zoo.converters.errors import CheckpointError, describe
from zoo.diffusion import schedules

SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "PNDMScheduler",
    "UniPCMultistepScheduler",
)
"""Samplers of one and the same kind of model; how it samples is not kept."""

NAMES = {
    "linear": "linear",
    "scaled_linear": "scaled_linear",
    "squaredcos_cap_v2": "cosine",
}
LOST = "not kept"

WITHOUT_COUNTERPART = {
    "clip_sample_range": 1.0,
    "thresholding": False,
    "steps_offset": 0,
    "set_alpha_to_one": True,
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "use_flow_sigmas": False,
    "lambda_min_clipped": float("-inf"),
}
"""Settings of sampling that `generate` has only so; others are reported."""

PREDICTIONS = {"epsilon": "epsilon", "v_prediction": "v", "sample": "x0"}


def schedule_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the same noise levels are made of here.

    Args:
        config: Contents of `scheduler_config.json`. What only steers sampling
            (the spacing of times, clipping, variances) is in
            `sampling_notes`: it is an argument of `zoo.Diffusion.generate`.

    Returns:
        Arguments `schedule`, `prediction` and `zero_terminal_snr` of
        `zoo.Diffusion`.

    Raises:
        CheckpointError: The scheduler, its betas or what is predicted have
            no counterpart here.
    """
    name = _choice(config, "_class_name", SCHEDULERS, "DDPMScheduler")
    prediction = _choice(config, "prediction_type", PREDICTIONS, "epsilon")
    zero = config.get("rescale_betas_zero_snr", False)
    if type(zero) is not bool:
        raise _wrong(config, "rescale_betas_zero_snr", "true or false")
    if name == "DDPMScheduler" and config.get("variance_type") in (
        "learned",
        "learned_range",
    ):
        raise _wrong(config, "variance_type", "a fixed one")
    return {
        "schedule": _schedule(config),
        "prediction": PREDICTIONS[prediction],
        "zero_terminal_snr": zero,
    }


def sampling_notes(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns how to generate as a scheduler does, and what can't be had.

    Args:
        config: Contents of `scheduler_config.json`, which
            `schedule_arguments` takes.

    Returns:
        Lines for the report: arguments of `zoo.Diffusion.generate`, and
        settings that have no counterpart.
    """
    name = config.get("_class_name", "DDPMScheduler")
    solver = name not in ("DDPMScheduler", "DDIMScheduler", "PNDMScheduler")
    spacing = config.get(
        "timestep_spacing", "linspace" if solver else "leading"
    )
    found = [f"generate with spacing={spacing!r}"]
    if name == "DDPMScheduler":
        variance = config.get("variance_type", "fixed_small")
        large = str(variance).startswith("fixed_large")
        found.append(f"sampler={'ddpm_large' if large else 'ddpm'!r}")
    clips = name in ("DDPMScheduler", "DDIMScheduler")
    if not config.get("clip_sample", clips):
        found.append("clip=False")
    lost = [
        f"{key}={describe(config[key])}"
        for key, usual in WITHOUT_COUNTERPART.items()
        if config.get(key, usual) != usual
    ]
    notes = [", ".join(found)]
    if lost:
        notes.append(f"{LOST}: {', '.join(lost)}")
    return tuple(notes)


def _schedule(config):
    steps = config.get("num_train_timesteps", 1000)
    if type(steps) is not int or steps < 1:
        raise _wrong(config, "num_train_timesteps", "a positive integer")
    betas = config.get("trained_betas")
    if betas is not None:
        return _given(config, betas, steps)
    kind = _choice(config, "beta_schedule", NAMES, "linear")
    arguments = {"name": NAMES[kind], "steps": steps}
    if NAMES[kind] != "cosine":
        arguments["start"] = _beta(config, "beta_start", 1e-4)
        arguments["end"] = _beta(config, "beta_end", 0.02)
    return arguments


def _given(config, betas, steps):
    if type(betas) is not list or len(betas) != steps:
        raise _wrong(config, "trained_betas", f"a list of {steps} numbers")
    try:
        return schedules.from_betas(betas).get_config()
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"The setting `trained_betas` can't be used: {error}"
        ) from error


def _beta(config, key, default):
    value = config.get(key, default)
    if type(value) is not float or not 0 < value < 1:
        raise _wrong(config, key, "a number in (0, 1)")
    return value


def _choice(config, key, known, default):
    value = config.get(key, default)
    if type(value) is not str or value not in known:
        raise _wrong(config, key, f"one of {list(known)}")
    return value


def _wrong(config, key, expected):
    return CheckpointError(
        f"The scheduler's setting `{key}` must be {expected} to be converted. "
        f"Received: {key}={describe(config.get(key))}"
    )
