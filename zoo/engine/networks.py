"""Networks that are given to a model, in place of those that it builds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any

import keras

Shape = tuple[int | EllipsisType | None, ...]
"""A shape without the batch: `None` is any number, a first `...` any axes."""

Outputs = Shape | Mapping[str, Shape]
"""Shape of an output, or a dict of name to shape for several."""


def tensor(
    shape: Iterable[int | None], name: str, dtype: str = "float32"
) -> keras.KerasTensor:
    """Describes an input of a network.

    Args:
        shape: Its shape, without the batch.
        name: Its name, for errors.
        dtype: Its dtype.

    Returns:
        A symbolic tensor.
    """
    return keras.KerasTensor((None, *shape), dtype=dtype, name=name)


def checked(
    name: str,
    network: Any,
    inputs: Sequence[keras.KerasTensor],
    outputs: Outputs,
    policy: keras.DTypePolicy,
    others: Iterable[keras.layers.Layer] = (),
) -> keras.Model:
    """Returns a given network, if the model can use it.

    Args:
        name: Argument's name, for errors.
        network: A `keras.Model`, or any layer, which is wrapped in a
            functional model; or the config of one, as Keras serializes it.
        inputs: What it has to take: one tensor, or several as a list.
        outputs: What it has to make of them, in float32.
        policy: Dtype policy of the model.
        others: Networks that the model already has.

    Returns:
        The network itself, if it is functional or sequential.

    Raises:
        ValueError: It is no layer, can't be called on such inputs, makes
            something else, computes in another precision, or shares weights
            with another network of the model.
    """
    network = revived(network)
    if not isinstance(network, keras.layers.Layer):
        raise ValueError(
            f"Argument `{name}` must be a keras.Model. "
            f"Received: {name}={network!r}"
        )
    made = _called(name, network, inputs)
    _check_outputs(name, made, outputs)
    _check_precision(name, network, policy)
    known = {id(v) for other in others for v in other.variables}
    if known & {id(v) for v in network.variables}:
        raise ValueError(
            f"Argument `{name}` must share no weights with the model's other "
            f"networks. Received: {name}={network!r}"
        )
    if getattr(network, "inputs", None):
        return network  # Functional or sequential: can be copied, exported.
    # A call binds the layer to these inputs, which must be ones of their own.
    sources = [
        keras.Input(x.shape[1:], dtype=x.dtype, name=x.name) for x in inputs
    ]
    source = sources if len(sources) > 1 else sources[0]
    return keras.Model(source, network(source), name=network.name)


def revived(network: Any) -> Any:
    """Returns a network of its config, or what is no config as it is.

    Args:
        network: What a constructor was given.
    """
    if isinstance(network, dict):
        return keras.saving.deserialize_keras_object(network)
    return network


def _called(name, network, inputs):
    """Returns what a network makes, as symbolic tensors."""
    try:
        return network(list(inputs) if len(inputs) > 1 else inputs[0])
    except Exception as error:  # A given layer may raise anything.
        shapes = {x.name: tuple(x.shape) for x in inputs}
        raise ValueError(
            f"Argument `{name}` must be a network that can be called on "
            f"{'a list of ' if len(inputs) > 1 else ''}{shapes}. It raised "
            f"{type(error).__name__}: {error} Received: {name}={network!r}"
        ) from error


def _check_outputs(name, made, expected):
    several = isinstance(expected, Mapping)
    wanted = expected if several else {"": expected}
    found = made if several and isinstance(made, dict) else {"": made}
    for key, shape in wanted.items():
        x: Any = found.get(key)
        if not (isinstance(x, keras.KerasTensor) and _fits(x.shape[1:], shape)):
            received = keras.tree.map_structure(lambda x: tuple(x.shape), made)
            raise ValueError(
                f"Argument `{name}` must be a network whose output has the "
                f"shape {_shown(expected)}. Received: {received}"
            )
        if keras.backend.standardize_dtype(x.dtype) != "float32":
            raise ValueError(
                f"Argument `{name}` must be a network whose output is "
                'float32: give its last layer dtype="float32". '
                f"Received: {x.dtype}"
            )


def _fits(shape, expected):
    if expected[:1] == (...,):
        expected = expected[1:]
        shape = shape[len(shape) - len(expected) :] if expected else ()
    return len(shape) == len(expected) and all(
        None in pair or pair[0] == pair[1]
        for pair in zip(shape, expected, strict=True)
    )


def _shown(expected):
    """Returns a shape as errors show it, or a dict of them."""
    if isinstance(expected, Mapping):
        return {key: _shown(shape) for key, shape in expected.items()}
    sizes = ("batch", *("..." if n is ... else n for n in expected))
    return f"({', '.join(map(str, sizes))})".replace("None", "any")


def _check_precision(name, network, policy):
    """The loss is scaled, and memory counted, by the model's own policy."""
    found = {x.compute_dtype for x in _layers(network) if x.weights}
    own = policy.compute_dtype
    if found and (own not in found or found - {own, "float32"}):
        raise ValueError(
            f"Argument `{name}` must compute in {own}, as the model's dtype "
            f"policy {policy.name!r} says. Build it under that policy "
            "(keras.config.set_dtype_policy), or give the model the network's. "
            f"Received: layers of {sorted(found)}"
        )


def _layers(layer) -> Iterator[keras.layers.Layer]:
    """Yields the layers that a layer is made of, or else itself."""
    inner = getattr(layer, "layers", None)
    if not inner:
        yield layer
    for each in inner or ():
        yield from _layers(each)


def copied(network: keras.Model) -> keras.Model:
    """Returns a network of its own like another, with the same weights.

    Args:
        network: A functional or sequential model.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


Builder = Callable[[], keras.Model]
"""Builds the network that a model has by default."""
