"""Batches that an interrupted epoch has behind it, taken and passed over."""

from collections.abc import Callable
from typing import Any


def skipping(model: Any, step: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a train function that passes over a model's `batches_to_skip`.

    Args:
        model: The model; each batch that is passed over counts its number
            down.
        step: What Keras' trainer calls: with an iterator on TensorFlow, with
            a state and batches on JAX, with batches on PyTorch.
    """

    def function(*arguments: Any) -> Any:
        if not model.batches_to_skip:
            return step(*arguments)
        *state, data = arguments
        taken = model.steps_per_execution
        if hasattr(data, "__next__"):
            for _ in range(taken):
                next(data)
        model.batches_to_skip = max(0, model.batches_to_skip - taken)
        return ({}, *state) if state else {}

    return function
