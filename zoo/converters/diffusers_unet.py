"""The config of a diffusers `UNet2DModel`, and the arguments it stands for.

https://huggingface.co/docs/diffusers/api/models/unet2d.
"""

from collections.abc import Mapping
from typing import Any

from zoo.converters.errors import CheckpointError, describe

DEFAULTS = {
    "sample_size": None,
    "in_channels": 3,
    "out_channels": 3,
    "block_out_channels": [224, 448, 672, 896],
    "down_block_types": ["DownBlock2D", *["AttnDownBlock2D"] * 3],
    "up_block_types": [*["AttnUpBlock2D"] * 3, "UpBlock2D"],
    "layers_per_block": 2,
    "downsample_padding": 1,
    "dropout": 0.0,
    "attention_head_dim": 8,
    "norm_num_groups": 32,
    "norm_eps": 1e-5,
    "freq_shift": 0,
    "flip_sin_to_cos": True,
    "num_class_embeds": None,
    "attn_norm_num_groups": None,
    "time_embedding_dim": None,
}
"""Settings that are converted, with what they are where a config is silent."""

SUPPORTED = {
    "center_input_sample": [False],
    "time_embedding_type": ["positional"],
    "mid_block_type": ["UNetMidBlock2D"],
    "mid_block_scale_factor": [1],
    "downsample_type": ["conv"],
    "upsample_type": ["conv"],
    "act_fn": ["silu", "swish"],
    "resnet_time_scale_shift": ["default"],
    "add_attention": [True],
    "class_embed_type": [None],
}
"""Settings of which only these values, the first by default, are converted."""

DETAILS = (
    "head_channels",
    "groups",
    "epsilon",
    "padding",
    "cosine_first",
    "shift",
    "middle_groups",
)
"""Arguments that `zoo.Diffusion` takes in its dict `unet`."""

WITHOUT_EFFECT = ("num_train_timesteps",)
MAX_SIZE = 4096
MAX_LEVELS = 16


def unet_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the same network is built from here.

    Args:
        config: Contents of the model's `config.json`.

    Returns:
        Arguments of `zoo.models.diffusion.unet.build_unet`, which checks them.

    Raises:
        CheckpointError: A setting is unknown, of a wrong type, or asks for
            what the U-Net here does not have.
    """
    _check_keys(config)
    found = DEFAULTS | dict(config)
    widths = _integers(found, "block_out_channels")
    if not 1 <= len(widths) <= MAX_LEVELS:
        raise _wrong(found, "block_out_channels", f"1 to {MAX_LEVELS} widths")
    height, width = _size(found)
    channels = _integer(found, "in_channels")
    if _integer(found, "out_channels") != channels:
        raise _wrong(found, "out_channels", f"in_channels, {channels}")
    classes = found["num_class_embeds"]
    return {
        "image_shape": (height, width, channels),
        "channels": widths[0],
        "multipliers": [_ratio(x, widths[0]) for x in widths],
        "blocks": _integer(found, "layers_per_block"),
        "attention": _attention(found, height, len(widths)),
        "dropout": found["dropout"],
        "num_classes": None
        if classes is None
        else _integer(found, "num_class_embeds"),
        **_details(found, widths),
    }


def _check_keys(config):
    known = {*DEFAULTS, *SUPPORTED, *WITHOUT_EFFECT}
    for key, value in config.items():
        if key not in known and not key.startswith("_"):
            raise CheckpointError(
                "The setting is not one of UNet2DModel's that can be "
                f"converted. Received: {describe(key)}: {describe(value)}"
            )
    for key, values in SUPPORTED.items():
        value = config.get(key, values[0])
        if not any(value is x or value == x for x in values):
            raise _wrong(config, key, f"one of {values}")


def _details(found, widths):
    """Returns what `build_unet` takes as details."""
    head, groups = found["attention_head_dim"], found["norm_num_groups"]
    if head is not None:
        _integer(found, "attention_head_dim")
    if any(x % _integer(found, "norm_num_groups") for x in widths):
        raise _wrong(found, "norm_num_groups", f"a divisor of {widths}")
    middle = found["attn_norm_num_groups"]
    if middle is not None:
        middle = _integer(found, "attn_norm_num_groups")
        if widths[-1] % middle:
            divisor = f"a divisor of {widths[-1]}"
            raise _wrong(found, "attn_norm_num_groups", divisor)
    if found["time_embedding_dim"] not in (None, 4 * widths[0]):
        raise _wrong(found, "time_embedding_dim", f"{4 * widths[0]}")
    paddings = {0: "same", 1: "symmetric"}
    padding = found["downsample_padding"]
    if type(padding) is not int or padding not in paddings:
        raise _wrong(found, "downsample_padding", "0 or 1")
    return {
        "head_channels": head,
        "groups": groups,
        "epsilon": found["norm_eps"],
        "padding": paddings[padding],
        "cosine_first": found["flip_sin_to_cos"],
        "shift": found["freq_shift"],
        "middle_groups": middle,
    }


def _size(found):
    """Returns height and width of the images."""
    size = found["sample_size"]
    sizes = [size, size] if type(size) is int else size
    plain = type(sizes) is list and len(sizes) == 2
    if not plain or not all(
        type(x) is int and 1 <= x <= MAX_SIZE for x in sizes
    ):
        raise _wrong(
            found, "sample_size", f"pixels, or height and width, to {MAX_SIZE}"
        )
    return sizes


def _attention(found, height, levels):
    """Returns the heights of the maps that have attention."""
    down = _blocks(found, "down_block_types", "DownBlock2D", levels)
    up = _blocks(found, "up_block_types", "UpBlock2D", levels)[::-1]
    if down != up:
        raise _wrong(
            found,
            "up_block_types",
            "attention at the levels of down_block_types",
        )
    return [height >> i for i, attends in enumerate(down) if attends]


def _blocks(found, key, plain, levels):
    """Returns which of the levels have attention."""
    names = {plain: False, f"Attn{plain}": True}
    types = found[key]
    known = type(types) is list and all(
        type(x) is str and x in names for x in types
    )
    if not known or len(types) != levels:
        raise _wrong(found, key, f"for {levels} levels one of {list(names)}")
    return [names[x] for x in types]


def _ratio(width, first):
    return width // first if width % first == 0 else width / first


def _integer(found, key):
    if type(found[key]) is not int or not 1 <= found[key] < 1 << 31:
        raise _wrong(found, key, "a positive integer")
    return found[key]


def _integers(found, key):
    values = found[key]
    if type(values) is not list or not all(
        type(x) is int and 1 <= x < 1 << 31 for x in values
    ):
        raise _wrong(found, key, "positive integers")
    return values


def _wrong(config, key, expected):
    return CheckpointError(
        f"The setting `{key}` must be {expected} to be converted. "
        f"Received: {key}={describe(config.get(key))}"
    )
