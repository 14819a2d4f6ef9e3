"""Reading JSON that a stranger may have written."""

import pathlib
from typing import Any

from zoo.registry.errors import PresetFormatError
from zoo.utils.json import parse_json

MAX_BYTES = 1 << 20
MAX_DEPTH = 16


def read_json(path: pathlib.Path) -> dict[str, Any]:
    """Returns the object in a JSON file.

    Args:
        path: The file, of at most 1 MiB.

    Returns:
        Dict of plain values, nested at most 16 deep.

    Raises:
        PresetFormatError: It is too large, or no JSON object, has a key
            twice, or numbers that are not finite.
    """
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PresetFormatError(
            f"Expected at most {MAX_BYTES} bytes. Received: {path} with more"
        )
    try:
        value = parse_json(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise PresetFormatError(
            f"Expected a JSON object in UTF-8. Received: {path} ({error})"
        ) from error
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise PresetFormatError(
            f"Expected a JSON object, nested at most {MAX_DEPTH} deep. "
            f"Received: {path}"
        )
    return value


def _refuse(constant):
    raise ValueError(f"the number {constant}")


def _depth(value, above=0):
    if above > MAX_DEPTH or not isinstance(value, dict | list):
        return above
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(x, above + 1) for x in inner), default=above + 1)
