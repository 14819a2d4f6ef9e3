"""4x4 convolutions of stride 2, fast on XLA's CPU backend.

XLA computes a strided convolution well, but not its gradients on a CPU: the
weight gradient of a transposed convolution takes up to 50 times as long as
the same sum written as matrix products. Three linear maps cover both
convolutions and all their gradients, of any order:

- `down(x, k)`: convolution, large to small images;
- `up(y, k)`: its transpose in x, small to large images;
- `kernel_gradient(x, y)`: its transpose in k.

Images are channels last, `x` `(b, 2h, 2w, large)` and `y` `(b, h, w, small)`,
with one pixel of zero padding; kernels `k` are `(4, 4, large, small)`. Each
map works on 2x2 blocks of pixels turned into channels, where a 4x4 kernel of
stride 2 is a 2x2 kernel of stride 1.
"""

import jax
from jax import lax
from jax import numpy as jnp

_CORNERS = [(i, j) for i in (0, 1) for j in (0, 1)]
_CHUNK = 16  # images
_LAYOUT = ("NHWC", "HWIO", "NHWC")


def _blocks(x):
    """Pads by one pixel; `(b, 2h, 2w, c)` -> `(b, h + 1, w + 1, 4c)`."""
    b, h, w, c = x.shape
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    x = x.reshape(b, h // 2 + 1, 2, w // 2 + 1, 2, c)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2 + 1, w // 2 + 1, -1)


def _pixels(x):
    """Transpose of `_blocks`."""
    b, h, w, c = x.shape
    x = x.reshape(b, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(b, 2 * h, 2 * w, c // 4)[:, 1:-1, 1:-1]


def _block_kernel(k):
    """`(4, 4, large, small)` -> `(2, 2, 4 large, small)`."""
    large, small = k.shape[2:]
    k = k.reshape(2, 2, 2, 2, large, small).transpose(0, 2, 1, 3, 4, 5)
    return k.reshape(2, 2, 4 * large, small)


def _pixel_kernel(k):
    """Inverse of `_block_kernel`."""
    large, small = k.shape[2] // 4, k.shape[3]
    k = k.reshape(2, 2, 2, 2, large, small).transpose(0, 2, 1, 3, 4, 5)
    return k.reshape(4, 4, large, small)


@jax.custom_vjp
def down(x, k):
    """4x4 convolution of stride 2."""
    large, small = k.shape[2:]
    batch, h, w = x.shape[0], x.shape[1] // 2, x.shape[2] // 2
    if h <= 4 or large <= 4:  # Small images or thin products: one product.
        x = _blocks(x)
        x = [x[:, i : i + h, j : j + w] for i, j in _CORNERS]
        x = jnp.concatenate(x, -1).reshape(-1, 16 * large)
        return (x @ _block_kernel(k).reshape(-1, small)).reshape(
            batch, h, w, small
        )
    return lax.conv_general_dilated(
        x, k, (2, 2), ((1, 1), (1, 1)), dimension_numbers=_LAYOUT
    )


@jax.custom_vjp
def up(y, k):
    """4x4 transposed convolution of stride 2."""
    k = _block_kernel(k)
    b, h, w, small = y.shape
    if h <= 4 or k.shape[2] <= 16:
        # The 2x2 kernel would spend much on the border or on few channels.
        taps = y.reshape(-1, small) @ k.reshape(-1, small).T
        taps = taps.reshape(b, h, w, 2, 2, -1)
        shifted = [
            jnp.pad(taps[:, :, :, i, j], _border(i, j)) for i, j in _CORNERS
        ]
        return _pixels(sum(shifted))
    k = jnp.flip(k, (0, 1)).transpose(0, 1, 3, 2)
    return _pixels(
        lax.conv_general_dilated(
            y, k, (1, 1), ((1, 1), (1, 1)), dimension_numbers=_LAYOUT
        )
    )


def _border(i, j):
    return (0, 0), (i, 1 - i), (j, 1 - j), (0, 0)


def kernel_gradient(x, y):
    """Gradient of `sum(down(x, k) * y)` with respect to `k`."""
    batch, h, w, small = y.shape
    # The blocks of a whole batch do not fit the cache.
    chunk = _CHUNK if batch % _CHUNK == 0 else batch

    def add(total, images):
        blocks, cotangents = _blocks(images[0]), images[1].reshape(-1, small)
        corners = [
            jnp.matmul(
                cotangents.T,
                blocks[:, i : i + h, j : j + w].reshape(-1, blocks.shape[-1]),
                preferred_element_type=total.dtype,
            )
            for i, j in _CORNERS
        ]
        return total + jnp.stack(corners), None

    chunks = [v.reshape(-1, chunk, *v.shape[1:]) for v in (x, y)]
    total = jnp.zeros((4, small, 4 * x.shape[-1]), jnp.float32)
    total, _ = lax.scan(add, total, chunks)
    total = total.transpose(0, 2, 1).reshape(2, 2, -1, small)
    return _pixel_kernel(total).astype(y.dtype)


down.defvjp(
    lambda x, k: (down(x, k), (x, k)),
    lambda saved, y: (up(y, saved[1]), kernel_gradient(saved[0], y)),
)
up.defvjp(
    lambda y, k: (up(y, k), (y, k)),
    lambda saved, x: (down(x, saved[1]), kernel_gradient(x, saved[0])),
)


def applies(x, kernel, strides, padding):
    """Whether `down` (or `up`) is the asked convolution, and is faster."""
    return (
        jax.default_backend() == "cpu"
        and tuple(kernel.shape[:2]) == (4, 4)
        and tuple(strides) == (2, 2)
        and padding == "same"
        and x.shape[1] is not None
        and x.shape[2] is not None
    )
