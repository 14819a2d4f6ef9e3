"""The backend contract on PyTorch."""

import contextlib

import keras
import torch
from torch.utils import _pytree as pytree

UNSUPPORTED = {
    "jit_compile": "torch.compile does not support the double backward of "
    "gradient penalties and is slower than eager mode on alternating steps",
    "steps_per_execution": "Keras runs one step per execution on PyTorch",
}


def stateful(step):
    """Returns the step as it is: PyTorch's trainer calls it so."""
    return step


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


def record(fn, variables, inputs, state):
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    leaves = [x.detach().requires_grad_() for x in inputs]
    sources = [v.value for v in variables] + leaves
    with torch.enable_grad(), _frozen(state):
        outputs = fn(*leaves)

    def pullback(cotangents):
        return torch.autograd.grad(
            pytree.tree_leaves(outputs),
            sources,
            pytree.tree_leaves(cotangents),
            allow_unused=True,
        )

    return pytree.tree_map(torch.Tensor.detach, outputs), pullback


@torch.no_grad()
def apply(gradients, variables, optimizer):
    """Updates `variables` in place."""
    optimizer.apply(gradients, variables)


@torch.enable_grad()
def input_gradient(fn, x):
    """Gradient of `sum(fn(x))` with respect to `x`, itself differentiable."""
    if not x.requires_grad:
        x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(fn(x).sum(), x, create_graph=True)
    return gradient


def conv_transpose(x, kernel, strides, padding):
    """Transposed convolution of channels-last `x`."""
    return keras.ops.conv_transpose(x, kernel, strides, padding)


def replica_id():
    """Index of this replica: 0."""
    return 0


def replica_count():
    """Number of replicas whose gradients are summed: 1."""
    return 1


def sync_state(model):
    """Makes the model's variables hold their newest values."""


def enable_determinism():
    """Makes every operation give the same bits on the same device."""
    torch.use_deterministic_algorithms(True)
