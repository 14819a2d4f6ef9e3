"""From latents to latents, in straight lines or along spheres."""

from typing import Any

import numpy as np

from zoo.utils import checks


def interpolate(
    a: Any, b: Any, count: int, method: str = "slerp"
) -> np.ndarray:
    """Goes from one latent to another in equal steps.

    Args:
        a: Where to start, an array of any shape.
        b: Where to end, of the same shape.
        count: Number of latents, with both ends: at least 2.
        method: `"slerp"`, along a sphere, for normal latents, whose length
            then stays that of normal latents; or `"linear"`, for uniform ones.

    Returns:
        float32 array `(count, *shape)`; the first is exactly `a`, the last
        exactly `b`.

    Raises:
        ValueError: Latents of unlike shapes or that are not finite, fewer than
            2 of them, or another method.
    """
    if checks.positive_integer("count", count) < 2:
        raise ValueError(
            f"Argument `count` must be at least 2. Received: count={count}"
        )
    if np.shape(a) != np.shape(b):
        raise ValueError(
            "Arguments `a` and `b` must have one shape. "
            f"Received: shapes {np.shape(a)} and {np.shape(b)}"
        )
    return path([a, b], count - 2, method)


def path(
    points: Any, between: int, method: str = "slerp", loop: bool = False
) -> np.ndarray:
    """Goes through several latents, in equal steps from each to the next.

    Args:
        points: The latents, `(count, ...)`, at least two.
        between: Number of latents between each and the next, from 0.
        method: `"slerp"` or `"linear"`, as in `interpolate`.
        loop: Whether to go back from the last to the first, which does not
            come again at the end: shown over and over, it goes in a circle.

    Returns:
        float32 array `((count - 1) * (between + 1) + 1, ...)`, or with `loop`
        `(count * (between + 1), ...)`; each `between + 1`-th is exactly one of
        the points.

    Raises:
        ValueError: Fewer than two points, or any that are not finite, a
            negative number between them, or another method.
    """
    checks.one_of("method", method, tuple(METHODS))
    shape = np.shape(points)[1:]
    points = checks.finite_array("points", points, shape)
    if len(points) < 2:
        raise ValueError(
            "Argument `points` must hold at least two latents. "
            f"Received: {len(points)} of them"
        )
    if between != 0:
        between = checks.positive_integer("between", between)
    ends = np.roll(points, -1, axis=0)
    if not loop:
        points, ends, last = points[:-1], ends[:-1], points[-1:]
    shares = np.arange(between + 1) / (between + 1)
    # Computed in float64, so that rounding is that of float32 alone.
    a, b = points.astype("float64"), ends.astype("float64")
    steps = np.stack([METHODS[method](a, b, x) for x in shares], axis=1)
    steps = steps.reshape(-1, *shape).astype("float32")
    return steps if loop else np.concatenate([steps, last])


def lerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Linear interpolation.

    Args:
        a: `(count, ...)`.
        b: The same shape.
        share: How far to go from `a` to `b`, in [0, 1].

    Returns:
        Array of the same shape and dtype.
    """
    return ((1 - share) * a + share * b).astype(a.dtype)


def slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Spherical interpolation: on the way, noise keeps the norm of noise.

    Shoemake 1985; Song et al. 2020, arXiv:2010.02502, equation 67. Where there
    is no angle between the two, or none that says which way to go (one is 0,
    or they are opposite), it goes in a straight line.

    Args:
        a: `(count, ...)`.
        b: The same shape.
        share: How far to go from `a` to `b`, in [0, 1].

    Returns:
        Array of the same shape and dtype.
    """
    axes = tuple(range(1, a.ndim))
    norms = [np.sqrt(np.sum(x**2, axes, keepdims=True)) for x in (a, b)]
    zero = (norms[0] == 0) | (norms[1] == 0)
    # Each divided by itself: the product of two may be too small, or large.
    a1, b1 = (
        x / np.where(zero, 1, n) for x, n in zip((a, b), norms, strict=True)
    )
    cosine = np.sum(a1 * b1, axes, keepdims=True)
    angle = np.arccos(np.where(zero, 1, np.clip(cosine, -1, 1)))
    curved = np.sin(angle) > 1e-6
    sine = np.where(curved, np.sin(angle), 1)
    of_a = np.where(curved, np.sin((1 - share) * angle) / sine, 1 - share)
    of_b = np.where(curved, np.sin(share * angle) / sine, share)
    return (of_a * a + of_b * b).astype(a.dtype)


METHODS = {"linear": lerp, "slerp": slerp}
"""Functions of two batches and a share, by name."""
