"""Several PyTorch processes that train one model: data parallelism.

Each process computes its share of a batch. Gradients are summed before they
move anything, so that weights stay the same everywhere; what layers measure of
a batch (moving statistics, an accuracy) is averaged, and what they keep of it
(past images) is the first process's, as under `tf.distribute`.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import torch
from torch import distributed
from torch.utils import _pytree as pytree


def count() -> int:
    """Number of processes."""
    return distributed.get_world_size() if _joined() else 1


def rank() -> int:
    """Index of this process."""
    return distributed.get_rank() if _joined() else 0


def _joined():
    return distributed.is_available() and distributed.is_initialized()


def _by_torchrun():
    """Returns whether `torchrun` started this process and others."""
    several = int(os.environ.get("WORLD_SIZE", 1)) > 1
    return several and "TORCHELASTIC_RUN_ID" in os.environ


def choose_device() -> None:
    """Takes the GPU that `torchrun` means for this process."""
    if _by_torchrun() and torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))


def join() -> None:
    """Joins the other processes that `torchrun` started, if there are any.

    A process group that is there already is used as it is.
    """
    if _by_torchrun() and not _joined():
        gpu = torch.cuda.is_available()
        distributed.init_process_group("nccl" if gpu else "gloo")


def begin(model: keras.Model) -> None:
    """Gives all processes the first one's weights, state and random numbers.

    Args:
        model: The model, compiled or not.
    """
    if count() == 1:
        return
    optimizer = model.optimizer
    state = [*model.variables, *(optimizer.variables if optimizer else [])]
    _exchange(state, _from_first)
    # Keras shuffles arrays by PyTorch's own generator.
    seed = torch.tensor([torch.initial_seed() % 2**62], device=_device())
    distributed.broadcast(seed, 0)
    if rank():
        torch.manual_seed(int(seed))


def share(batch: Any) -> Any:
    """Returns this process's rows of a batch.

    Args:
        batch: Tensors of as many rows, in any structure.

    Raises:
        ValueError: The processes can't share it equally.
    """
    if (shares := count()) == 1:
        return batch

    def rows(x):
        if len(x) % shares:
            raise ValueError(
                f"Expected batches that {shares} processes can share equally; "
                "drop a last batch that is not whole, or choose another batch "
                f"size. Received: a batch of {len(x)}"
            )
        size = len(x) // shares
        return x[rank() * size :][:size]

    return pytree.tree_map(lambda x: x if x is None else rows(x), batch)


def settle(model: keras.Model) -> None:
    """Makes the state that a step measured the same in all processes.

    Args:
        model: The model, after a step.
    """
    if count() == 1:
        return
    state = model.non_trainable_variables
    averaged = [v for v in state if v.aggregation == "mean"]
    first = [v for v in state if v.aggregation == "only_first_replica"]
    _exchange(averaged, _mean)
    _exchange(first, _from_first)


def summed(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Returns the sums of tensors over the processes.

    Args:
        tensors: The same shapes in each process.
    """
    if count() == 1:
        return list(tensors)
    return _together(tensors, distributed.all_reduce)


def mean(tensors: Any) -> Any:
    """Returns the means of tensors over the processes.

    Args:
        tensors: Tensors, in any structure.
    """
    if count() == 1:
        return tensors
    leaves, structure = pytree.tree_flatten(tensors)
    return pytree.tree_unflatten(_together(leaves, _mean), structure)


def _mean(flat):
    distributed.all_reduce(flat)
    flat /= count()


def _from_first(flat):
    distributed.broadcast(flat, 0)


@torch.no_grad()
def _exchange(variables: Iterable[keras.Variable], change: Callable) -> None:
    """Changes variables in place by a function of all their values."""
    tensors = [variable.value.data for variable in variables]
    for tensor, value in zip(tensors, _together(tensors, change), strict=True):
        tensor.copy_(value)


@torch.no_grad()
def _together(tensors, change):
    """Returns tensors changed by a function of a flat one of each dtype.

    A message costs more than its bytes: all that are of a dtype are one.
    """
    found = list(tensors)
    # In the same order everywhere, as a set's is not.
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        own = [i for i, tensor in enumerate(tensors) if tensor.dtype == dtype]
        flat = torch.cat([tensors[i].reshape(-1) for i in own])
        change(flat)
        parts = flat.split([tensors[i].numel() for i in own])
        for i, part in zip(own, parts, strict=True):
            found[i] = part.view(tensors[i].shape)
    return found


def _device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
