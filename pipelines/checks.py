"""Checks of arguments that the pipelines share."""

from __future__ import annotations

import numbers
import os
from typing import Any


def integer(
    name: str, value: Any, *, minimum: int, maximum: int | None = None
) -> None:
    """Raise unless `value` is an integer (no bool) within the bounds."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        number = int(value)
        if minimum <= number and (maximum is None or number <= maximum):
            return
    bounds = (
        f"at least {minimum}"
        if maximum is None
        else f"from {minimum} to {maximum}"
    )
    raise ValueError(
        f"`{name}` must be an integer, {bounds}. Received: {name}={value!r}"
    )


def one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raise unless `value` is one of those allowed."""
    if value not in allowed:
        raise ValueError(
            f"`{name}` must be one of {', '.join(map(repr, allowed))}. "
            f"Received: {name}={value!r}"
        )


def cache(value: Any) -> None:
    """Raise unless `value` is a bool or a path that ends in .npy."""
    if isinstance(value, bool):
        return
    is_path = isinstance(value, str | os.PathLike)
    if not is_path or not os.fspath(value).lower().endswith(".npy"):
        raise ValueError(
            "`cache` must be True, False or the path of a .npy file. "
            f"Received: cache={value!r}"
        )


def batch_fits(count: int, batch_size: int, drop_remainder: bool) -> None:
    """Raise if leaving out the remainder leaves no batch at all."""
    if drop_remainder and batch_size > count:
        raise ValueError(
            "`batch_size` must not be larger than the number of images, "
            f"{count}, unless drop_remainder=False: the dataset would be "
            f"empty. Received: batch_size={batch_size}"
        )


def options(
    image_size: int,
    batch_size: int,
    channels: int | None,
    shuffle_seed: int,
    on_error: str,
) -> None:
    """Raise unless what every pipeline takes is as `images` describes it."""
    integer("image_size", image_size, minimum=1)
    integer("batch_size", batch_size, minimum=1)
    integer("shuffle_seed", shuffle_seed, minimum=0)
    one_of("on_error", on_error, ("raise", "skip"))
    if channels is not None:
        integer("channels", channels, minimum=1, maximum=4)
