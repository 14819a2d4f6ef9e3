"""The one place that knows TensorFlow, JAX or PyTorch.

The folders `tensorflow`, `jax` and `torch` hold the same files, with the same
names and signatures in each: `autodiff` (steps and gradients), `kernels`
(convolutions and norms) and `runtime` (replicas, what Keras lacks). Importing
this package imports those of the active Keras backend, and no others.
Everything else in `zoo` is written once, on top of these names.

A training step alternates updates of several networks. Three primitives
express it on every backend:

- `stateful(step)` turns an imperative step into what the backend's Keras
  trainer calls (a pure function of state and data on JAX).
- `record(fn, variables, inputs, state)` runs `fn` and returns its outputs with
  the function that pulls their cotangents back to `variables` and `inputs`.
- `apply(gradients, variables, optimizer)` moves `variables`, and nothing else.

`minimize` is written once with the last two. What only generates is written
with `compiled(fn, variables)`: a function of tensors that reads variables.
"""

import dataclasses
import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras

_folder = f"{__name__}.{keras.backend.backend()}"
_autodiff = importlib.import_module(f"{_folder}.autodiff")
_kernels = importlib.import_module(f"{_folder}.kernels")
_runtime = importlib.import_module(f"{_folder}.runtime")

stateful = _autodiff.stateful
compiled = _autodiff.compiled
apply = _autodiff.apply

conv = _kernels.conv
conv_transpose = _kernels.conv_transpose
prefer_layout = _kernels.prefer_layout
batch_norm = _kernels.batch_norm
group_norm = _kernels.group_norm

UNSUPPORTED: dict[str, str] = _runtime.UNSUPPORTED
"""Options of `compile` that Keras lacks on this backend, with the reasons."""
EXPORTS: dict[str, tuple[str, ...]] = _runtime.EXPORTS
"""Formats that Keras can export to on this backend, with the packages that it
needs for them."""
replica_id = _runtime.replica_id
replica_count = _runtime.replica_count
batch_devices = _runtime.batch_devices
writes_files = _runtime.writes_files
join = _runtime.join
begin = _runtime.begin
agreed = _runtime.agreed
sync_state = _runtime.sync_state
enable_determinism = _runtime.enable_determinism


@dataclasses.dataclass(frozen=True)
class Recording:
    """Outputs of a forward pass that can still be differentiated.

    Attributes:
        outputs: A tensor, or a nested structure of tensors, cut from the
            pass that made it: a loss may use it without reaching `variables`.
        pullback: Maps the cotangents of `outputs` (same structure) to the
            list of gradients of `variables`, then of `inputs`. To be called
            once.
    """

    outputs: Any
    pullback: Callable[[Any], list]


def record(
    fn: Callable[..., Any],
    variables: Sequence[keras.Variable] = (),
    inputs: Sequence[Any] = (),
    state: Sequence[keras.Variable] = (),
) -> Recording:
    """Runs `fn(*inputs)` so that it can be differentiated later.

    Args:
        fn: Function of `inputs` that returns a tensor or a structure of them.
        variables: Variables to differentiate by.
        inputs: Tensors to differentiate by.
        state: All other variables that `fn` may read or update. They are
            constants for the gradient; updates of them (batch statistics,
            seeds) are kept.

    Returns:
        A `Recording`.
    """
    return Recording(
        *_autodiff.record(fn, list(variables), list(inputs), list(state))
    )


def input_gradient(
    fn: Callable[[Any], Any],
    x: Any,
    state: Sequence[keras.Variable] = (),
) -> Any:
    """Returns the gradient of `sum(fn(x))`, which can be differentiated again.

    For gradient penalties, R1, path length, guidance.

    Args:
        fn: Function of `x` alone.
        x: Tensor.
        state: All variables that `fn` reads or updates, if it updates any
            (batch statistics, dropout's seeds).

    Returns:
        Tensor of the shape of `x`.
    """
    return _autodiff.input_gradient(fn, x, list(state))


def minimize(
    loss_fn: Callable[..., dict[str, Any]],
    variables: Sequence[keras.Variable],
    optimizer: keras.optimizers.Optimizer,
    state: Sequence[keras.Variable] = (),
    through: Recording | None = None,
) -> dict[str, Any]:
    """Moves `variables`, and nothing else, down the gradient of a loss.

    The gradient is that of the sum of the loss terms, scaled for mixed
    precision and averaged over replicas.

    Args:
        loss_fn: Returns a dict of named scalar terms. Called without
            arguments, or with `through.outputs`.
        variables: Variables to move, as the optimizer was built for.
        optimizer: A built optimizer.
        state: All other variables that the loss may read or update.
        through: A `Recording` made with `variables`: the loss is then a
            function of its outputs, and that forward pass is not run again.

    Returns:
        The terms, neither scaled nor averaged over replicas.
    """
    if through is None:
        loss = record(loss_fn, variables, state=state)
    else:
        others = [*variables, *state]
        loss = record(loss_fn, inputs=[through.outputs], state=others)
    scale = optimizer.scale_loss(1.0 / replica_count())
    gradients = loss.pullback(
        {k: keras.ops.cast(scale, v.dtype) for k, v in loss.outputs.items()}
    )
    if through is not None:
        gradients = through.pullback(gradients[0])
    apply(gradients, list(variables), optimizer)
    return loss.outputs
