"""How classes enter a network, and how it gives more than one output."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers

from zoo.engine import networks
from zoo.layers import AppendClasses


def with_conditions(x: Any, conditions: Sequence[Any]) -> Any:
    """Returns a network's inputs: a tensor alone, or a list with conditions."""
    return [x, *conditions] if conditions else x


def told(num_classes: int | None) -> list[keras.KerasTensor]:
    """Describes the inputs of a network that is told classes.

    Args:
        num_classes: Length of the one-hot vectors; 0 or `None` for none.

    Returns:
        A list of one symbolic tensor, or of none.
    """
    if not num_classes:
        return []
    return [networks.tensor((num_classes,), "classes")]


def join_classes(x: Any, num_classes: int) -> tuple[Any, Any]:
    """Joins an input for classes to a network's first input.

    Args:
        x: The first input.
        num_classes: Length of the one-hot vectors; 0 for none.

    Returns:
        The network's input or list of inputs, and what its first layer sees.
    """
    if not num_classes:
        return x, x
    classes = keras.Input((num_classes,), name="classes")
    return [x, classes], AppendClasses()([x, classes])


def float32_outputs(
    features: Any,
    heads: dict[str, int] | None,
    layer: Callable[[int], keras.layers.Layer],
) -> Any:
    """Ends a network in logits, and in further heads.

    Args:
        features: `(batch, units)`.
        heads: Dict of name to units of further outputs, or `None`.
        layer: Makes a linear layer of so many units.

    Returns:
        float32 logits `(batch, 1)`; with heads a dict of all outputs, which
        has them as `"logits"`.
    """
    outputs = {
        name: layers.Activation("linear", dtype="float32", name=name)(
            layer(units)(features)
        )
        for name, units in {"logits": 1, **(heads or {})}.items()
    }
    return outputs if heads else outputs["logits"]
