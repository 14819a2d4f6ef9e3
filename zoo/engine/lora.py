"""Low-rank additions to kernels: Hu et al. 2021, arXiv:2106.09685."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

_ADDED = (
    "lora_kernel_a",
    "lora_kernel_b",
    "lora_embeddings_a",
    "lora_embeddings_b",
)
"""Attributes of Keras' layers that hold the additions."""


def enable(
    network: keras.Model, average: keras.Model | None, rank: int
) -> None:
    """Gives a network's kernels low-rank additions, and freezes all else.

    Args:
        network: The network.
        average: The copy of it that averages its weights, or `None`; it gets
            the same additions.
        rank: Rank of the products.
    """
    for variable in network.trainable_variables:
        variable.trainable = False
    copies = layers(network if average is None else average)
    for layer, copy in zip(layers(network), copies, strict=True):
        if not can(layer):
            continue
        layer.enable_lora(rank)
        if average is not None:
            copy.enable_lora(rank)
        for name in (x for x in _ADDED if getattr(layer, x, None) is not None):
            variable = getattr(copy, name)
            # A copy: on JAX two variables must not share their memory.
            value = np.array(ops.convert_to_numpy(getattr(layer, name)))
            variable.assign(value)
            variable.trainable = copy is layer


def layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yields all layers of a network, those within layers too.

    Args:
        network: A built model.
    """
    yield from network._flatten_layers(include_self=False)


def can(layer: keras.layers.Layer) -> bool:
    """Returns whether a layer has a kernel that can be added to."""
    return hasattr(layer, "enable_lora") and bool(layer.weights)


def is_enabled(network: keras.Model) -> bool:
    """Returns whether a layer of a network has additions.

    Args:
        network: A built model.
    """
    return any(getattr(x, "lora_enabled", False) for x in layers(network))


def without(config: Any) -> Any:
    """Returns a network's config as of plain kernels, which files hold.

    Args:
        config: What Keras serialized.
    """
    if isinstance(config, dict):
        return {
            key: without(value)
            for key, value in config.items()
            if key not in ("lora_rank", "lora_alpha")
        }
    if isinstance(config, list | tuple):
        return type(config)(map(without, config))
    return config
