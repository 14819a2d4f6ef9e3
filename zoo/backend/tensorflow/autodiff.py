"""Steps and gradients on TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


def stateful(step: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the step as it is: TensorFlow's trainer calls it so."""
    return step


def compiled(
    fn: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Compiles a function of tensors that reads variables, for inference."""
    del variables  # Read where they are.
    return tf.function(fn, autograph=False)


def record(
    fn: Callable[..., Any],
    variables: list[keras.Variable],
    inputs: list[Any],
    state: list[keras.Variable],
) -> tuple[Any, Callable[[Any], list]]:
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    del state  # The tape watches nothing but what it is told to.
    sources = [v.value for v in variables] + inputs
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        outputs = fn(*inputs)

    def pullback(cotangents):
        return tape.gradient(
            tf.nest.flatten(outputs),
            sources,
            tf.nest.flatten(cotangents),
            tf.UnconnectedGradients.ZERO,
        )

    return tf.nest.map_structure(tf.stop_gradient, outputs), pullback


def apply(
    gradients: Sequence[Any],
    variables: list[keras.Variable],
    optimizer: keras.optimizers.Optimizer,
) -> None:
    """Updates `variables` in place; sums gradients over replicas."""
    optimizer.apply(gradients, variables)


def input_gradient(
    fn: Callable[[Any], Any], x: Any, state: list[keras.Variable]
) -> Any:
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    del state  # Updated in place.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = fn(x)
    return tape.gradient(y, x)
