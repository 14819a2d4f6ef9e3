"""Steps and gradients on PyTorch."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import torch
from torch.utils import _pytree as pytree

from zoo.backend.torch import processes


def stateful(step: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a step of this process's share of the data.

    In one process it is the step as it is: PyTorch's trainer calls it so.
    """

    @functools.wraps(step)
    def shared(model, data):
        logs = step(model, processes.share(data))
        processes.settle(model)
        return logs

    return shared


def compiled(
    fn: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Returns the function, which will record nothing to differentiate."""
    del variables  # Read where they are.
    return torch.no_grad()(fn)


@contextlib.contextmanager
def _frozen(variables):
    """Spares PyTorch the graph of networks that are not being trained."""
    tensors = [v.value for v in variables if v.value.requires_grad]
    for tensor in tensors:
        tensor.requires_grad_(False)
    try:
        yield
    finally:
        for tensor in tensors:
            tensor.requires_grad_(True)


def record(
    fn: Callable[..., Any],
    variables: list[keras.Variable],
    inputs: list[Any],
    state: list[keras.Variable],
) -> tuple[Any, Callable[[Any], list]]:
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    inputs = pytree.tree_map(lambda x: x.detach().requires_grad_(), inputs)
    leaves, structure = pytree.tree_flatten(inputs)
    sources = [v.value for v in variables] + leaves
    with torch.enable_grad(), _frozen(state):
        outputs = fn(*inputs)

    def pullback(cotangents):
        pairs = zip(
            pytree.tree_leaves(outputs),
            pytree.tree_leaves(cotangents),
            strict=True,
        )
        # A constant has no graph, and autograd refuses it.
        reached = [pair for pair in pairs if pair[0].requires_grad]
        gradients = torch.autograd.grad(
            [y for y, _ in reached],
            sources,
            [cotangent for _, cotangent in reached],
            allow_unused=True,
            materialize_grads=True,
        )
        by_variables = gradients[: len(variables)]
        by_inputs = gradients[len(variables) :]
        return [*by_variables, *pytree.tree_unflatten(by_inputs, structure)]

    return pytree.tree_map(torch.Tensor.detach, outputs), pullback


@torch.no_grad()
def apply(
    gradients: Sequence[Any],
    variables: list[keras.Variable],
    optimizer: keras.optimizers.Optimizer,
) -> None:
    """Updates `variables` in place."""
    optimizer.apply(processes.summed(gradients), variables)


@torch.enable_grad()
def input_gradient(
    fn: Callable[[Any], Any], x: Any, state: list[keras.Variable]
) -> Any:
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    del state  # Updated in place.
    if not x.requires_grad:
        x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(fn(x).sum(), x, create_graph=True)
    return gradient
