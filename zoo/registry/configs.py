"""From `config.json` to a model, without running anything it names."""

import contextlib
import contextvars
import inspect
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import keras

from zoo.engine.generative_model import GenerativeModel
from zoo.registry.errors import PresetFormatError, UnsafePresetError
from zoo.registry.json_files import read_json
from zoo.utils.public_text import without_folders

DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")
OWN_ARGUMENTS = ("name", "dtype", "class_names")
"""What a config may hold of any model besides its arguments."""

BUDGET_FACTOR = 32
BUDGET_SLACK = 1_000_000
WEIGHTS_FACTOR = 4
WEIGHTS_SLACK = 2000
LEAST_BYTES = 256
"""What HDF5 needs for an array, however small."""


def config_of(model: GenerativeModel) -> dict[str, Any]:
    """Returns the contents of a model's `config.json`.

    Args:
        model: The model.

    Returns:
        Registered name of the class, and the arguments of its constructor.

    Raises:
        ValueError: The model was given networks, which a preset can't name.
    """
    if model.given_networks:
        raise ValueError(
            "A preset holds no networks of one's own, since it never names "
            "what is to be built. Save the model as a .keras file: "
            'model.save("model.keras"). '
            f"Received: given networks {list(model.given_networks)}"
        )
    config = without_folders(dict(model.get_config()))
    config.pop("trainable", None)
    config["dtype"] = model.dtype_policy.name
    return {
        "registered_name": keras.saving.get_registered_name(type(model)),
        "config": config,
    }


def read_config(path: pathlib.Path) -> tuple[type[GenerativeModel], dict]:
    """Reads and checks `config.json`.

    Args:
        path: The file.

    Returns:
        The model's class, and the arguments for it.

    Raises:
        PresetFormatError: A key or an argument is missing or unknown.
        UnsafePresetError: It names a class that is not a registered model,
            or asks Keras to build an object.
    """
    value = read_json(path)
    if set(value) != {"registered_name", "config"}:
        raise PresetFormatError(
            "Expected the keys registered_name and config. "
            f"Received: {sorted(value)} in {path}"
        )
    try:
        cls = model_class(value["registered_name"])
    except UnsafePresetError as error:
        raise UnsafePresetError(f"{error} in {path}") from error
    config = value["config"]
    if not isinstance(config, dict) or _names_objects(config):
        raise UnsafePresetError(
            "Arguments must be numbers, strings and lists of them; a preset "
            f"never names code to be run. Received: {path}"
        )
    unknown = sorted(set(config) - argument_names(cls))
    if unknown:
        raise PresetFormatError(
            f"{cls.__name__} has no arguments {unknown}; a newer zoo may have "
            f"them. Received: {path}"
        )
    if config.get("dtype", "float32") not in DTYPES:
        raise PresetFormatError(
            f"Argument `dtype` must be one of {DTYPES}. "
            f"Received: {str(config['dtype'])[:100]!r} in {path}"
        )
    return cls, config


def model_class(registered_name: Any) -> type[GenerativeModel]:
    """Returns a registered model's class.

    Args:
        registered_name: Such as `"zoo>DCGAN"`.

    Returns:
        The class. Nothing is imported to find it.

    Raises:
        UnsafePresetError: It is not the name of a registered model.
    """
    found = None
    if isinstance(registered_name, str) and ">" in registered_name:
        found = keras.saving.get_registered_object(registered_name)
    if not (inspect.isclass(found) and issubclass(found, GenerativeModel)):
        raise UnsafePresetError(
            "A preset must be of a registered zoo.GenerativeModel, such as "
            f"'zoo>DCGAN'. Received: {str(registered_name)[:100]!r}"
        )
    return found


def argument_names(cls: type[GenerativeModel]) -> set[str]:
    """Returns the names of all arguments of a model's constructor.

    Those of its bases too, as long as it passes others on to them.
    """
    names: set[str] = set(OWN_ARGUMENTS)
    for ancestor in cls.__mro__[: cls.__mro__.index(GenerativeModel) + 1]:
        if "__init__" not in vars(ancestor):
            continue
        parameters = inspect.signature(ancestor.__init__).parameters
        names |= set(parameters)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            break
    return names - {"self", "args", "kwargs"}


def build(
    cls: type[GenerativeModel],
    config: dict[str, Any],
    weights_bytes: int,
    source: str = "preset's arguments",
) -> GenerativeModel:
    """Builds a model, unless it would be far larger than its weights.

    Args:
        cls: The model's class.
        config: Arguments for it.
        weights_bytes: Size of the preset's weights files. A model of more
            than 32 times as many parameters as they could hold is refused
            before memory for it is allocated.

        source: What the arguments are, for errors.

    Returns:
        The model, with initial weights.

    Raises:
        PresetFormatError: The class refuses the arguments.
        UnsafePresetError: The model would be too large.
    """
    with parameter_budget(
        BUDGET_FACTOR * weights_bytes // 4 + BUDGET_SLACK,
        WEIGHTS_FACTOR * weights_bytes // LEAST_BYTES + WEIGHTS_SLACK,
    ):
        try:
            return cls.from_config(config)
        except UnsafePresetError as error:
            raise UnsafePresetError(f"{error}, by the {source}") from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise PresetFormatError(
                f"{cls.__name__} refuses the {source}: {error}"
            ) from error


_budget: contextvars.ContextVar = contextvars.ContextVar("budget", default=None)


@contextlib.contextmanager
def parameter_budget(elements: int, weights: int) -> Iterator[None]:
    """Lets layers add only so many weights; counts before they allocate.

    Args:
        elements: Most elements of all weights that are added within.
        weights: Most weights that are added, however small: each takes time.
    """
    _install()
    token = _budget.set([elements, weights])
    try:
        yield
    finally:
        _budget.reset(token)


def _install():
    """Has Keras ask for the budget, once; outside of one nothing changes."""
    original = keras.layers.Layer.add_weight
    if hasattr(original, "zoo_budget"):
        return

    def add_weight(self, shape=None, *args, **kwargs):
        budget = _budget.get()
        if budget is not None:
            dimensions = (shape,) if isinstance(shape, int) else shape or ()
            budget[0] -= math.prod(dimensions)
            budget[1] -= 1
            if min(budget) < 0:
                raise UnsafePresetError(
                    "The model would have far more parameters than what it "
                    f"is loaded from. Received: {type(self).__name__} with a "
                    f"weight of shape {tuple(dimensions)}"
                )
        return original(self, shape, *args, **kwargs)

    add_weight.zoo_budget = True
    keras.layers.Layer.add_weight = add_weight


def _names_objects(value):
    if isinstance(value, dict):
        reserved = {"module", "class_name", "registered_name", "build_config"}
        return bool(reserved & set(value)) or any(
            map(_names_objects, value.values())
        )
    return isinstance(value, list) and any(map(_names_objects, value))
