"""Weights that are no numbers any more, which nobody wants to keep."""

from collections.abc import Iterable

import keras
import numpy as np


def not_finite(model: keras.Model) -> list[str]:
    """Returns the paths of a model's variables that hold NaN or infinity.

    Args:
        model: The model, whose optimizer's state counts too.
    """
    optimizer = getattr(model, "optimizer", None)
    state = [] if optimizer is None else optimizer.variables
    return [v.path for v in [*model.variables, *state] if not _is_finite(v)]


def check_finite(model: keras.Model) -> None:
    """Raises an error for a model that is not worth saving.

    Args:
        model: The model.

    Raises:
        ValueError: A weight, or a value of the optimizer, is not finite.
    """
    if paths := not_finite(model):
        raise ValueError(
            "Weights that are not finite are not saved, so that no earlier "
            "file is lost; the training diverged, try a lower learning rate. "
            f"Received: NaN or infinity in {some(paths)}"
        )


def some(names: Iterable[str], most: int = 3) -> str:
    """Returns the first names of many, for a message.

    Args:
        names: Names.
        most: How many to name.
    """
    names = list(names)
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _is_finite(variable):
    if "float" not in variable.dtype:
        return True
    return bool(np.isfinite(keras.ops.convert_to_numpy(variable)).all())
