"""Entries for a diffusers `UNet2DModel`: its tensors, and the layers here."""

import re
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import layers

from zoo.converters import layouts
from zoo.converters.mapping import Entry
from zoo.layers import GroupNormalization, ResidualBlock, SelfAttention

ENDS = {
    "first": "conv_in",
    "time_0": "time_embedding.linear_1",
    "time_1": "time_embedding.linear_2",
    "label": "class_embedding",
    "last_norm": "conv_norm_out",
    "last": "conv_out",
}
PARTS = {
    "block": "resnets.{}",
    "attention": "attentions.{}",
    "halve": "downsamplers.0.conv",
    "double": "upsamplers.0.conv",
}
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
OLD_ATTENTION = ("query", "key", "value", "proj_attn")
"""As diffusers before 0.17 named them."""


def unet_entries(
    network: keras.Model, names: Iterable[str] = ()
) -> list[Entry]:
    """Returns the entries for all of a network's weights.

    The row of the label "no label", which diffusers does not have, is zeros.

    Args:
        network: What `zoo.models.diffusion.unet.build_unet` built.
        names: Names of the checkpoint's tensors, which tell how the parts of
            attentions are named: `to_q`, or `query` as before diffusers 0.17.
    """
    old = any(name.endswith(".proj_attn.weight") for name in names)
    attention = OLD_ATTENTION if old else ATTENTION
    weighted = [layer for layer in network.layers if layer.weights]
    levels = len({x.name for x in weighted if x.name.endswith("_halve")}) + 1
    return [
        entry
        for layer in weighted
        for entry in _entries(layer, _prefix(layer.name, levels), attention)
    ]


def _prefix(name, levels):
    """Returns what the names of a layer's tensors begin with."""
    if name in ENDS:
        return ENDS[name]
    pattern = r"(down|middle|up)_(?:(\d+)_)?([a-z]+)(?:_(\d+))?"
    found: Any = re.fullmatch(pattern, name)  # All names are such.
    way, level, part, index = found.groups()
    block = {
        "down": f"down_blocks.{level}",
        "middle": "mid_block",
        "up": f"up_blocks.{levels - 1 - int(level or 0)}",
    }[way]
    return f"{block}.{PARTS[part].format(index or 0)}"


def _entries(layer, prefix, attention):
    match layer:
        case ResidualBlock():
            return _residual_block(layer, prefix)
        case SelfAttention():
            return _self_attention(layer, prefix, attention)
        case GroupNormalization():
            return [layouts.group_norm(layer, prefix)]
        case layers.Embedding():
            return [Entry(layer, (f"{prefix}.weight",), _with_no_label)]
        case layers.Dense():
            return [layouts.dense(layer, prefix)]
    return [layouts.conv(layer, prefix)]


def _with_no_label(table):
    return [np.pad(table, ((0, 1), (0, 0)))]


def _residual_block(block, prefix):
    entries = [
        layouts.group_norm(block.norm_1, f"{prefix}.norm1"),
        layouts.conv(block.conv_1, f"{prefix}.conv1"),
        layouts.dense(block.time, f"{prefix}.time_emb_proj"),
        layouts.group_norm(block.norm_2, f"{prefix}.norm2"),
        layouts.conv(block.conv_2, f"{prefix}.conv2"),
    ]
    if block.shortcut is not None:
        shape = (1, 1, block.shortcut.kernel.shape[0])
        name = f"{prefix}.conv_shortcut"
        entries.append(layouts.dense_of_valid_conv(block.shortcut, name, shape))
    return entries


def _self_attention(layer, prefix, parts):
    *inputs, output = (f"{prefix}.{part}" for part in parts)
    names = [f"{x}.{kind}" for kind in ("weight", "bias") for x in inputs]
    return [
        layouts.group_norm(layer.norm, f"{prefix}.group_norm"),
        Entry(layer.project, tuple(names), _joined),
        layouts.dense(layer.out, output),
    ]


def _joined(*arrays):
    """Three `Linear` side by side."""
    weights, biases = arrays[:3], arrays[3:]
    return [np.concatenate(weights).T, np.concatenate(biases)]
