"""Parsing JSON that a stranger may have written."""

import json
from collections.abc import Callable
from typing import Any


def parse_json(
    data: bytes, parse_constant: Callable[[str], Any] | None = None
) -> Any:
    """Returns the value of a JSON text in UTF-8.

    Args:
        data: The text.
        parse_constant: Called with `NaN`, `Infinity` or `-Infinity`, as by
            `json.loads`.

    Raises:
        ValueError: It is no such text, or an object has a key twice.
        RecursionError: It is nested too deeply.
    """
    return json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_constant=parse_constant,
    )


def _unique(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(
            "The keys of a JSON object must differ. Received: "
            f"{len(pairs)} keys, {len(value)} of them different"
        )
    return value
