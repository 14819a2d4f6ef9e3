"""Steps and gradients on JAX."""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras


def stateful(step: Callable[..., Any]) -> Callable[..., Any]:
    """Turns an imperative step into a pure function of `(state, data)`.

    Keras' JAX trainer hands over the values of all variables and expects the
    new ones back; a `StatelessScope` stands in for the variables meanwhile.
    """

    @functools.wraps(step)
    def stateless(self, state, data):
        groups = [self.trainable_variables, self.non_trainable_variables]
        if len(state) == 4:  # train_step; test_step has no optimizer
            groups.append(self.optimizer.variables)
        groups.append(self.metrics_variables)
        # Uncompiled, Keras hands NumPy's arrays over.
        data = jax.tree.map(jax.numpy.asarray, data)
        with _scope(_chain(groups), _chain(state)) as scope:
            logs = step(self, data)
        return logs, tuple(_current(scope, group) for group in groups)

    return stateless


def compiled(
    fn: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Compiles a function of tensors that reads variables, for inference."""

    @jax.jit
    def pure(values, *inputs):
        with _scope(variables, values):
            return fn(*inputs)

    return lambda *inputs: pure(_values(variables), *inputs)


def _chain(groups):
    return list(itertools.chain.from_iterable(groups))


def _scope(variables, values):
    return keras.StatelessScope(zip(variables, values, strict=True))


def _current(scope, variables):
    return [scope.get_current_value(v) for v in variables]


def _values(variables):
    return [v.value for v in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def record(
    fn: Callable[..., Any],
    variables: list[keras.Variable],
    inputs: list[Any],
    state: list[keras.Variable],
) -> tuple[Any, Callable[[Any], list]]:
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    frozen = _values(state)

    def pure(values, inputs):
        with _scope(variables + state, values + frozen) as scope:
            outputs = fn(*inputs)
        return outputs, _current(scope, state)

    outputs, vjp, new_state = jax.vjp(
        pure, _values(variables), inputs, has_aux=True
    )
    _assign(state, new_state)

    def pullback(cotangents):
        by_variables, by_inputs = vjp(cotangents)
        return by_variables + by_inputs

    return jax.lax.stop_gradient(outputs), pullback


def apply(
    gradients: Sequence[Any],
    variables: list[keras.Variable],
    optimizer: keras.optimizers.Optimizer,
) -> None:
    """Updates `variables` and the optimizer's state, in place or in a scope."""
    new_values, new_state = optimizer.stateless_apply(
        _values(optimizer.variables), gradients, _values(variables)
    )
    _assign(variables, new_values)
    _assign(optimizer.variables, new_state)


def input_gradient(
    fn: Callable[[Any], Any], x: Any, state: list[keras.Variable]
) -> Any:
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    if not state:  # An empty scope would hide the step's.
        return jax.grad(lambda x: fn(x).sum())(x)
    values = _values(state)

    def pure(x):
        with _scope(state, values) as scope:
            total = fn(x).sum()
        return total, _current(scope, state)

    gradient, new_state = jax.grad(pure, has_aux=True)(x)
    _assign(state, new_state)
    return gradient
