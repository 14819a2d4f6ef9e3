"""Finding a network's tensors in a checkpoint that holds more."""

import re
from collections.abc import Callable, Mapping

import numpy as np

from zoo.converters.errors import CheckpointError, describe

Tensors = dict[str, np.ndarray]

MOST = 16
"""Networks that a checkpoint may hold."""


def unwrapped(
    tensors: Mapping[str, np.ndarray],
    landmark: str,
    fits: Callable[[Tensors], bool] = lambda tensors: True,
) -> tuple[Tensors, str]:
    """Returns the tensors of one network, by the names they have in it.

    Trainings save state dicts in others, such as `{"netG_state_dict": ...,
    "optimizer": ...}` or `{"params": ..., "params_ema": ...}`, and
    `DataParallel` puts `module.` before every name. Of several that fit,
    averaged ones are taken, whose name has `ema`.

    Args:
        tensors: Arrays by name, nested names joined by dots.
        landmark: Name of a tensor that the network has.
        fits: Whether tensors, by their names in it, may be the network's.

    Returns:
        The tensors, and what stood before their names, such as
        `"netG_state_dict."`; `""` where nothing did. As they were, where
        nothing fits.

    Raises:
        CheckpointError: Several fit, and none or several are averages; or there
            are far too many.
    """
    names = [x for x in tensors if x == landmark or x.endswith(f".{landmark}")]
    prefixes = [name.removesuffix(landmark) for name in names]
    if len(prefixes) > MOST:
        raise CheckpointError(
            f"Expected at most {MOST} networks in a checkpoint. "
            f"Received: {len(prefixes)}"
        )
    inside = {prefix: _below(tensors, prefix) for prefix in prefixes}
    found = [x for x in prefixes if fits(inside[x])]
    if not found or "" in found:
        return dict(tensors), ""
    averages = [x for x in found if "ema" in re.split(r"[._]", x.lower())]
    chosen = found if len(found) == 1 else averages
    if len(chosen) != 1:
        raise CheckpointError(
            "Expected the tensors of one such network, or one that is called "
            f"`ema`. Save it by itself. Received: {describe(sorted(found))}"
        )
    return inside[chosen[0]], chosen[0]


def _below(tensors, prefix):
    return {
        name.removeprefix(prefix): x
        for name, x in tensors.items()
        if name.startswith(prefix)
    }
