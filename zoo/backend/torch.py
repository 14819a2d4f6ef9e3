"""The backend contract on PyTorch."""

import contextlib

import keras
import torch
from torch.nn import functional
from torch.utils import _pytree as pytree

UNSUPPORTED = {
    "jit_compile": "torch.compile does not support the double backward of "
    "gradient penalties and is slower than eager mode on alternating steps",
    "steps_per_execution": "Keras runs one step per execution on PyTorch",
}
EXPORTS = {"onnx": ("onnx",)}


def stateful(step):
    """Returns the step as it is: PyTorch's trainer calls it so."""
    return step


def compiled(fn, variables):
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


def record(fn, variables, inputs, state):
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
def apply(gradients, variables, optimizer):
    """Updates `variables` in place."""
    optimizer.apply(gradients, variables)


@torch.enable_grad()
def input_gradient(fn, x, state):
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    del state  # Updated in place.
    if not x.requires_grad:
        x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(fn(x).sum(), x, create_graph=True)
    return gradient


def _symmetric(x, kernel, strides, padding):
    """Padding that is `same` on both sides alike, or `None`.

    Keras pads and crops for the general case, and copies kernels to PyTorch's
    layout in each pass; where it can be spared, it is.
    """
    excess = {k - s for k, s in zip(kernel.shape[:-2], strides, strict=True)}
    size = excess.pop()
    sizes = zip(x.shape[1:-1], strides, strict=True)
    even = all(n % s == 0 for n, s in sizes) and size >= 0 and size % 2 == 0
    return size // 2 if padding == "same" and even and not excess else None


_CONVOLUTIONS = {
    4: (functional.conv2d, functional.conv_transpose2d),
    5: (functional.conv3d, functional.conv_transpose3d),
}
_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


def conv(x, kernel, strides, padding):
    """Convolution of channels-last `x`."""
    symmetric = 0
    if padding != "valid":
        symmetric = _symmetric(x, kernel, strides, padding)
    if symmetric is None:
        return keras.ops.conv(x, kernel, strides, padding)
    convolve, _ = _CONVOLUTIONS[x.dim()]
    y = convolve(*_channels_first(x, kernel), None, strides, symmetric)
    return y.movedim(1, y.dim() - 1)  # ONNX knows no negative axes.


def conv_transpose(x, kernel, strides, padding):
    """Transposed convolution of channels-last `x`."""
    symmetric = _symmetric(x, kernel, strides, padding)
    if symmetric is None:
        return keras.ops.conv_transpose(x, kernel, strides, padding)
    _, convolve = _CONVOLUTIONS[x.dim()]
    y = convolve(*_channels_first(x, kernel), None, strides, symmetric)
    return y.movedim(1, y.dim() - 1)  # ONNX knows no negative axes.


def _channels_first(x, kernel):
    """Views, not copies, of images and kernel as PyTorch orders their axes."""
    kernel, axes = keras.ops.convert_to_tensor(kernel), x.dim()
    kernel = kernel.movedim((axes - 1, axes - 2), (0, 1))
    if len(kernel) == 1:  # PyTorch's bfloat16 gradient refuses such a view.
        kernel = kernel.contiguous()
    return x.movedim(x.dim() - 1, 1), kernel


@torch.no_grad()
def prefer_layout(variables):
    """Lays convolution kernels out in memory as PyTorch wants them.

    Shapes stay Keras' own, `(height, width, in, out)`; only strides change.
    """
    for variable in variables:
        tensor = variable.value
        if tensor.dim() in _LAYOUTS:
            kernel = tensor.data.movedim((-1, -2), (0, 1))
            kernel = kernel.contiguous(memory_format=_LAYOUTS[tensor.dim()])
            tensor.data = kernel.movedim((0, 1), (-1, -2))


def batch_norm(x, gamma, beta, epsilon):
    """Normalizes by the batch; returns the result, mean and variance."""
    x = x.permute(0, 3, 1, 2)
    y, mean, inverse = torch.native_batch_norm(
        x, gamma, beta, None, None, True, 0.0, epsilon
    )
    return y.permute(0, 2, 3, 1), mean, inverse.pow(-2) - epsilon


def group_norm(x, gamma, beta, groups, epsilon):
    """Normalizes groups of channels of each image."""
    x = x.permute(0, 3, 1, 2)
    y = functional.group_norm(x, groups, gamma, beta, epsilon)
    return y.permute(0, 2, 3, 1)


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
