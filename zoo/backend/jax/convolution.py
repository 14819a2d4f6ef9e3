"""Convolutions 4 wide and of stride 2, fast on XLA's CPU backend.

XLA computes a strided convolution well, but not its gradients on a CPU: the
weight gradient of a transposed convolution takes up to 50 times as long as
the same sum written as matrix products. Three linear maps cover both
convolutions and all their gradients, of any order, of images and of volumes:

- `down(x, k)`: convolution, large to small images;
- `up(y, k)`: its transpose in x, small to large images;
- `kernel_gradient(x, y)`: its transpose in k.

Images are channels last, `x` `(b, 2h, 2w, large)` and `y` `(b, h, w, small)`,
with one pixel of zero padding; kernels `k` are `(4, 4, large, small)`. Volumes
have one axis more. Each map works on blocks of 2 pixels along each axis turned
into channels, where a kernel of 4 with stride 2 is one of 2 with stride 1.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

_CHUNK = 16  # images
_LAYOUTS = {
    4: ("NHWC", "HWIO", "NHWC"),
    5: ("NDHWC", "DHWIO", "NDHWC"),
}


def _axes(x):
    """Number of axes between the batch and the channels, or of a kernel."""
    return x.ndim - 2


def _corners(axes):
    """The taps of a kernel of 2, in the order of its elements."""
    return list(itertools.product((0, 1), repeat=axes))


def _window(x, corner, sizes):
    """The part of `x` that a tap sees."""
    starts = zip(corner, sizes, strict=True)
    return x[(slice(None), *(slice(i, i + n) for i, n in starts))]


def _pad(x, before, after):
    widths = zip(before, after, strict=True)
    return jnp.pad(x, ((0, 0), *widths, (0, 0)))


def _blocks(x):
    """Pads by one pixel; `(b, 2h, 2w, c)` -> `(b, h + 1, w + 1, 4c)`."""
    axes = _axes(x)
    x = _pad(x, (1,) * axes, (1,) * axes)
    batch, *sizes, channels = x.shape
    sizes = [n // 2 for n in sizes]
    pairs = [length for n in sizes for length in (n, 2)]
    x = x.reshape(batch, *pairs, channels)
    outer, inner = range(1, 2 * axes, 2), range(2, 2 * axes + 1, 2)
    x = x.transpose(0, *outer, *inner, 2 * axes + 1)
    return x.reshape(batch, *sizes, -1)


def _pixels(x):
    """Transpose of `_blocks`."""
    axes = _axes(x)
    batch, *sizes, channels = x.shape
    x = x.reshape(batch, *sizes, *(2,) * axes, channels >> axes)
    pairs = [i for n in range(1, axes + 1) for i in (n, n + axes)]
    x = x.transpose(0, *pairs, 2 * axes + 1)
    x = x.reshape(batch, *(2 * n for n in sizes), -1)
    return x[(slice(None), *(slice(1, -1),) * axes)]


def _block_kernel(k):
    """`(4, 4, large, small)` -> `(2, 2, 4 large, small)`."""
    axes, channels = _axes(k), k.shape[-2:]
    k = k.reshape(*(2,) * (2 * axes), *channels)
    outer, inner = range(0, 2 * axes, 2), range(1, 2 * axes, 2)
    k = k.transpose(*outer, *inner, 2 * axes, 2 * axes + 1)
    return k.reshape(*(2,) * axes, -1, channels[1])


def _pixel_kernel(k):
    """Inverse of `_block_kernel`."""
    axes, small = _axes(k), k.shape[-1]
    k = k.reshape(*(2,) * (2 * axes), -1, small)
    pairs = [i for n in range(axes) for i in (n, n + axes)]
    k = k.transpose(*pairs, 2 * axes, 2 * axes + 1)
    return k.reshape(*(4,) * axes, -1, small)


@jax.custom_vjp
def down(x: jax.Array, k: jax.Array) -> jax.Array:
    """Convolution 4 wide, of stride 2."""
    axes, (large, small) = _axes(x), k.shape[-2:]
    sizes = [n // 2 for n in x.shape[1:-1]]
    if sizes[0] <= 4 or large <= 4:  # Small or thin: one product.
        blocks = _blocks(x)
        taps = [_window(blocks, corner, sizes) for corner in _corners(axes)]
        return jnp.concatenate(taps, -1) @ _block_kernel(k).reshape(-1, small)
    return lax.conv_general_dilated(
        x,
        k,
        (2,) * axes,
        ((1, 1),) * axes,
        dimension_numbers=_LAYOUTS[x.ndim],
    )


@jax.custom_vjp
def up(y: jax.Array, k: jax.Array) -> jax.Array:
    """Transposed convolution 4 wide, of stride 2."""
    axes, large = _axes(y), k.shape[-2]
    k = _block_kernel(k)
    if y.shape[1] <= 4 or large <= 4:
        # The kernel of 2 would spend much on the border or on few channels.
        taps = y @ k.reshape(-1, k.shape[-1]).T
        taps = jnp.split(taps, 2**axes, -1)
        corners = _corners(axes)
        return _pixels(
            sum(
                _pad(tap, corner, [1 - i for i in corner])
                for tap, corner in zip(taps, corners, strict=True)
            )
        )
    k = jnp.flip(k, range(axes)).swapaxes(-1, -2)
    return _pixels(
        lax.conv_general_dilated(
            y,
            k,
            (1,) * axes,
            ((1, 1),) * axes,
            dimension_numbers=_LAYOUTS[y.ndim],
        )
    )


def kernel_gradient(x: jax.Array, y: jax.Array) -> jax.Array:
    """Gradient of `sum(down(x, k) * y)` with respect to `k`."""
    batch, *sizes, small = y.shape
    axes, large = _axes(x), x.shape[-1]
    # The blocks of a whole batch do not fit the cache.
    chunk = _CHUNK if batch % _CHUNK == 0 else batch

    def add(total, images):
        blocks, cotangents = _blocks(images[0]), images[1].reshape(-1, small)
        corners = [
            jnp.matmul(
                cotangents.T,
                _window(blocks, corner, sizes).reshape(-1, blocks.shape[-1]),
                preferred_element_type=total.dtype,
            )
            for corner in _corners(axes)
        ]
        return total + jnp.stack(corners), None

    chunks = [v.reshape(-1, chunk, *v.shape[1:]) for v in (x, y)]
    total = jnp.zeros((2**axes, small, 2**axes * large), jnp.float32)
    total, _ = lax.scan(add, total, chunks)
    total = total.transpose(0, 2, 1).reshape(*(2,) * axes, -1, small)
    return _pixel_kernel(total).astype(y.dtype)


down.defvjp(
    lambda x, k: (down(x, k), (x, k)),
    lambda saved, y: (up(y, saved[1]), kernel_gradient(saved[0], y)),
)
up.defvjp(
    lambda y, k: (up(y, k), (y, k)),
    lambda saved, x: (down(x, saved[1]), kernel_gradient(x, saved[0])),
)


def applies(x: Any, kernel: Any, strides: Sequence[int], padding: str) -> bool:
    """Whether `down` (or `up`) is the asked convolution, and is faster."""
    axes = _axes(kernel)
    return (
        jax.default_backend() == "cpu"
        and axes in (2, 3)
        and set(kernel.shape[:-2]) == {4}
        and tuple(strides) == (2,) * axes
        and padding == "same"
        and None not in x.shape[1:-1]
    )
