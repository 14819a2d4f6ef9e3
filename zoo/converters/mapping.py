"""From a checkpoint's tensors to a network's weights.

A mapping is a list of entries, one per layer: which tensors a layer's weights
are made of, and how. `zoo.converters.layouts` makes the entries of the usual
layers. `load_tensors` checks everything before it sets the first weight.
"""

import dataclasses
import fnmatch
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np

from zoo.converters.checkpoint import read_checkpoint
from zoo.converters.errors import CheckpointError, naming_file

IGNORED = ("*num_batches_tracked",)
"""Patterns of names that hold nothing a Keras layer has."""

MAX_LISTED = 10


@dataclasses.dataclass(frozen=True)
class Entry:
    """How the weights of one layer are made.

    Attributes:
        target: The layer, or a single variable.
        names: Names of the tensors that it takes.
        function: Maps these tensors' arrays to the arrays of the layer's
            `weights`, in their order; by default as they are.
    """

    target: keras.layers.Layer | keras.Variable
    names: tuple[str, ...]
    function: Callable[..., Sequence[np.ndarray]] = lambda *arrays: arrays

    @property
    def weights(self) -> list[keras.Variable]:
        """The variables that are set."""
        if isinstance(self.target, keras.Variable):
            return [self.target]
        return self.target.weights


@dataclasses.dataclass(frozen=True)
class ConversionReport:
    """What became of each tensor; `str` lists it.

    Attributes:
        matched: Names of tensors that fit their weights.
        ignored: Names that hold nothing a Keras layer has.
        missing: Names that the network expects and the checkpoint lacks.
        left_over: Names that no weight is made of.
        wrong_shapes: Layers whose tensors have other shapes, with both.
        wrong_types: Tensors that should hold floating-point numbers.
        not_finite: Names of tensors with infinities or NaN.
        untouched: Networks that keep their initial weights, since no
            checkpoint for them was given.
        taken_from: Names of the dicts, or prefixes, that the tensors were
            taken out of, where the checkpoint holds more.
        sampling: What the checkpoint's settings say of how to generate, and
            what there is no counterpart for.
    """

    matched: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    wrong_shapes: tuple[str, ...] = ()
    wrong_types: tuple[str, ...] = ()
    not_finite: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    taken_from: tuple[str, ...] = ()
    sampling: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every tensor has its place, and every weight a tensor."""
        return not (
            self.missing
            or self.left_over
            or self.wrong_shapes
            or self.wrong_types
            or self.not_finite
        )

    def __str__(self) -> str:
        """Returns one line of numbers, and one for each kind of trouble."""
        lines = [
            f"{len(self.matched)} tensors fit, {len(self.ignored)} ignored"
        ]
        for field in dataclasses.fields(self)[2:]:
            if names := getattr(self, field.name):
                lines.append(f"{field.name.replace('_', ' ')}: {_list(names)}")
        return "\n  ".join(lines)


def _list(names):
    more = len(names) - MAX_LISTED
    listed = "; ".join(names[:MAX_LISTED])
    return f"{listed}; and {more} more" if more > 0 else listed


def load_checkpoint(
    path: str | os.PathLike,
    networks: Sequence[keras.Model],
    mapping: Iterable[Entry],
    ignore: Sequence[str] = IGNORED,
    strict: bool = True,
) -> ConversionReport:
    """Reads a checkpoint of any format and loads it into networks.

    Args:
        path: As `read_checkpoint` takes it.
        networks: As `load_tensors`.
        mapping: As `load_tensors`.
        ignore: As `load_tensors`.
        strict: As `load_tensors`.

    Returns:
        What became of each tensor.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is damaged, or as `load_tensors` says.
    """
    tensors = read_checkpoint(path)
    with naming_file(path):
        return load_tensors(tensors, networks, mapping, ignore, strict)


def load_tensors(
    tensors: Mapping[str, np.ndarray],
    networks: Sequence[keras.Model],
    mapping: Iterable[Entry],
    ignore: Sequence[str] = IGNORED,
    strict: bool = True,
) -> ConversionReport:
    """Loads a checkpoint's tensors into networks, all of them or none.

    Args:
        tensors: Arrays by name.
        networks: Networks to load into.
        mapping: Entries that name each of the networks' weights once.
        ignore: Patterns (`fnmatch`) of the names of tensors that may be left
            over.
        strict: Whether a tensor that is missing, left over, of another shape,
            not of floating point or not finite is an error. Otherwise what
            fits is loaded, numbers that are not finite too.

    Returns:
        What became of each tensor.

    Raises:
        CheckpointError: With `strict`, as above; the networks are unchanged.
        ValueError: The mapping leaves a weight out or names it twice.
    """
    mapping = list(mapping)
    _check_covers(mapping, networks)
    report, loads = _match(tensors, mapping, ignore)
    if strict and not report.fits:
        raise CheckpointError(
            "The checkpoint must hold the tensors of this network, and no "
            f"others. Received: {report}"
        )
    for variable, value in loads:
        variable.assign(value)
    return report


def _check_covers(mapping, networks):
    mapped = [v for entry in mapping for v in entry.weights]
    own = [v for network in networks for v in network.weights]
    if sorted(map(id, mapped)) != sorted(map(id, own)):
        named = set(map(id, mapped))
        absent = [v.path for v in own if id(v) not in named]
        raise ValueError(
            "Argument `mapping` must name each weight of the networks once. "
            f"Received: {len(mapped)} weights for {len(own)}, without {absent}"
        )


def _match(tensors, mapping, ignore):
    """Returns the report, and the pairs of variable and array that fit."""
    missing, types, shapes, matched, loads = [], [], [], [], []
    for entry in mapping:
        absent = [name for name in entry.names if name not in tensors]
        arrays = {x: tensors[x] for x in entry.names if x in tensors}
        wrong = [k for k, x in arrays.items() if x.dtype.kind != "f"]
        missing += absent
        types += [f"{name!r} of {tensors[name].dtype}" for name in wrong]
        if absent or wrong:
            continue
        values = _convert(entry, arrays)
        if values is None:
            shapes.append(_shapes(entry, arrays))
            continue
        matched += entry.names
        loads += zip(entry.weights, values, strict=True)
    expected = {name for entry in mapping for name in entry.names}
    others = [name for name in tensors if name not in expected]
    ignored = [x for x in others if any(fnmatch.fnmatch(x, p) for p in ignore)]
    report = ConversionReport(
        matched=tuple(dict.fromkeys(matched)),
        ignored=tuple(ignored),
        missing=tuple(map(repr, dict.fromkeys(missing))),
        left_over=tuple(repr(x) for x in others if x not in set(ignored)),
        wrong_shapes=tuple(shapes),
        wrong_types=tuple(dict.fromkeys(types)),
        not_finite=tuple(
            repr(name)
            for name in dict.fromkeys(matched)
            if not np.isfinite(_float32(tensors[name])).all()
        ),
    )
    return report, loads


def _convert(entry, arrays):
    """Returns the weights' values, or `None` if shapes do not allow it."""
    try:
        values = list(entry.function(*(arrays[x] for x in entry.names)))
    except (ValueError, LookupError):
        return None
    expected = [tuple(v.shape) for v in entry.weights]
    if [np.shape(x) for x in values] != expected:
        return None
    return [_float32(x) for x in values]


def _float32(array):
    with np.errstate(over="ignore"):  # Too large numbers become infinite.
        return np.asarray(array, "float32")


def _shapes(entry, arrays):
    expected = ", ".join(f"{v.name} {tuple(v.shape)}" for v in entry.weights)
    received = ", ".join(f"{k!r} {x.shape}" for k, x in arrays.items())
    return f"{entry.target.path} has {expected} for {received}"
