"""Checks of arguments, whose errors all read alike."""

import difflib
import math
import numbers
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np


def is_number(value: Any) -> bool:
    """Returns whether a value is a finite real number, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return -math.inf < float(value) < math.inf


def is_positive_integer(value: Any) -> bool:
    """Returns whether a value is an integer from 1, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        return False
    return int(value) >= 1


def positive_integer(name: str, value: Any) -> int:
    """Returns a positive integer.

    Args:
        name: Argument's name, for the error.
        value: Its value.

    Returns:
        The value, as a Python integer.

    Raises:
        ValueError: It is not a positive integer.
    """
    if not is_positive_integer(value):
        raise ValueError(
            f"Argument `{name}` must be a positive integer. "
            f"Received: {name}={value!r}"
        )
    return int(value)


def one_of(name: str, value: Any, known: tuple) -> Any:
    """Returns a value that is among those that are known.

    Args:
        name: Argument's name, for the error.
        value: Its value.
        known: What it may be.

    Returns:
        The value.

    Raises:
        ValueError: It is none of them.
    """
    if value not in known:
        raise ValueError(
            f"Argument `{name}` must be one of {known}. "
            f"Received: {name}={value!r}"
        )
    return value


def fraction(name: str, value: Any) -> float:
    """Returns a number in [0, 1).

    Args:
        name: Argument's name, for the error.
        value: Its value.

    Returns:
        The value.

    Raises:
        ValueError: It is not a number in [0, 1).
    """
    return _within(name, value, "[0, 1)", lambda x: 0 <= x < 1)


def positive_share(name: str, value: Any) -> float:
    """Returns a number in (0, 1].

    Args:
        name: Argument's name, for the error.
        value: Its value.

    Returns:
        The value.

    Raises:
        ValueError: It is not a number in (0, 1].
    """
    return _within(name, value, "(0, 1]", lambda x: 0 < x <= 1)


def _within(name, value, interval, holds):
    if not is_number(value) or not holds(value):
        raise ValueError(
            f"Argument `{name}` must be in {interval}. "
            f"Received: {name}={value!r}"
        )
    return value


def not_negative(name: str, value: Any) -> float:
    """Returns a finite number that is not negative.

    Args:
        name: Argument's name, for the error.
        value: Its value.

    Returns:
        The value.

    Raises:
        ValueError: It is not such a number.
    """
    if not is_number(value) or value < 0:
        raise ValueError(
            f"Argument `{name}` must be a finite number, 0 or more. "
            f"Received: {name}={value!r}"
        )
    return value


def finite_numbers(name: str, values: Any, most: int) -> np.ndarray:
    """Returns a vector of float64.

    Args:
        name: Argument's name, for the error.
        values: Its value.
        most: Most numbers that there may be.

    Returns:
        Array of one axis, a copy.

    Raises:
        ValueError: They are not 1 to `most` finite numbers.
    """
    try:
        array = np.array(values, "float64")
    except (TypeError, ValueError):
        array = np.array(np.nan)
    fits = array.ndim == 1 and 1 <= array.size <= most
    if not fits or not np.isfinite(array).all():
        raise ValueError(
            f"Argument `{name}` must be 1 to {most} finite numbers. "
            f"Received: {name}={str(values)[:100]}"
        )
    return array


def finite_array(name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Returns a batch of float32.

    Args:
        name: Argument's name, for the error.
        values: Its value.
        shape: Shape of each of the batch.

    Returns:
        Array `(count, *shape)`, a copy.

    Raises:
        ValueError: Of another shape, none at all, or not finite.
    """
    sizes = ", ".join(map(str, shape))
    expected = f"Argument `{name}` must be of shape (count, {sizes})"
    try:
        found = np.asarray(keras.ops.convert_to_numpy(values))
        if found.dtype.kind in "cOSU":
            raise TypeError(f"dtype={found.dtype}")
        array = np.array(found, "float32")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{expected}, of numbers. Received: {name} of type "
            f"{type(values).__name__}: {error}"
        ) from error
    if (
        array.ndim != len(shape) + 1
        or array.shape[1:] != shape
        or not array.size
    ):
        raise ValueError(f"{expected}. Received: {name} of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"Argument `{name}` must be finite. Received: "
            f"{int((~np.isfinite(array)).sum())} numbers that are not"
        )
    return array


def given_latents(
    latents: Any,
    shape: tuple[int, ...],
    count: int | None,
    **drawing: Any,
) -> np.ndarray:
    """Returns latents that were given in place of drawn ones.

    Args:
        latents: `(count, *shape)`, finite.
        shape: Shape of each.
        count: Number of images that was asked for, or `None`.
        **drawing: Arguments that say how to draw, which must all be `None`.

    Returns:
        float32 array `(count, *shape)`, a copy.

    Raises:
        ValueError: Latents of another shape, that are not finite, or not
            `count` of them; or an argument that would change nothing.
    """
    latents = finite_array("latents", latents, shape)
    if count is not None and count != len(latents):
        raise ValueError(
            "Argument `count` must be left out or be the number of `latents`, "
            f"{len(latents)}. Received: count={count!r}"
        )
    for name, value in drawing.items():
        if value is not None:
            raise ValueError(
                f"Argument `{name}` changes how latents are drawn, and nothing "
                f"of given `latents`. Received: {name}={value!r}"
            )
    return latents


def image_shape(value: Any) -> tuple[int, int, int]:
    """Returns the shape of images of any size.

    Args:
        value: `(height, width, channels)`, positive integers.

    Returns:
        The shape, as a tuple.

    Raises:
        ValueError: It is not such a shape.
    """
    listed = isinstance(value, tuple | list) and len(value) == 3
    if not (listed and all(map(is_positive_integer, value))):
        raise ValueError(
            "Argument `image_shape` must be (height, width, channels), "
            f"positive integers. Received: image_shape={value!r}"
        )
    height, width, channels = map(int, value)
    return height, width, channels


def power_of_two_images(
    image_shape: Any, smallest: int, largest: int
) -> tuple[int, int, int]:
    """Returns the shape of square images whose size is a power of two.

    Args:
        image_shape: `(size, size, channels)`, one to four channels.
        smallest: Least size, in pixels.
        largest: Greatest size, in pixels.

    Returns:
        The shape, as a tuple.

    Raises:
        ValueError: It is not such a shape.
    """
    sizes = [2**i for i in range(2, 13) if smallest <= 2**i <= largest]
    given = isinstance(image_shape, tuple | list)
    shape: tuple = tuple(image_shape) if given else ()
    square = len(shape) == 3 and shape[0] == shape[1] and shape[0] in sizes
    if not (square and shape[2] in (1, 2, 3, 4)):
        raise ValueError(
            "Argument `image_shape` must be (size, size, channels) with size "
            f"one of {sizes} and 1 to 4 channels. Received: "
            f"image_shape={image_shape!r}"
        )
    size, _, channels = map(int, shape)
    return size, size, channels


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns a hint for errors: the nearest known names, or nothing.

    Args:
        name: What was asked for.
        known: What there is.

    Returns:
        `" Did you mean 'a' or 'b'?"`, or `""`.
    """
    near = difflib.get_close_matches(name.lower(), known, cutoff=0.4)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
