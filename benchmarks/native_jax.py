"""DCGAN-64 training step in plain JAX, without Keras or an optimizer library.

One `jax.jit` program with donated state holds both updates. XLA's CPU backend
runs some forms of a strided convolution many times slower than others, so each
one here is written in the form that runs near the speed of a matrix product.
Every 4x4 stride-2 convolution and transposed convolution, with both gradients,
is one of three linear maps between a large image and one of half its size:

* `_down`: convolution; input gradient of the transposed convolution.
* `_up`: transposed convolution; input gradient of the convolution.
* `_kernel_gradient`: kernel gradient of both, which differ only in which of
  image and cotangent is the large one.

Other platforms get the `lax` forms of the three, which suit a GPU.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks import dcgan_spec as spec

_DIMENSIONS = ("NHWC", "HWIO", "NHWC")
# An image with few channels makes matrix products of any other form thin.
_FEW_CHANNELS = 4
# Up to this small size, borders are too large a share of a convolution.
_SMALL_SIZE = 4
# Whole batches of patches do not fit the cache; those of a few images do.
_CHUNK = 16


def _conv(x, kernel, stride, padding, dilation=1):
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        (padding, padding),
        lhs_dilation=(dilation, dilation),
        dimension_numbers=_DIMENSIONS,
    )


def _pad(x, before=1, after=1):
    edge = (before, after)
    return jnp.pad(x, ((0, 0), edge, edge, (0, 0)))


def _blocks(large):
    """Folds the padded image's 2x2 blocks into channels."""
    x = _pad(large)
    b, h, w, c = x.shape
    x = x.reshape(b, h // 2, 2, w // 2, 2, c)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2, w // 2, 4 * c)


def _block_kernel(kernel):
    """Turns a 4x4 kernel into the 2x2 kernel that `_blocks` calls for."""
    *_, c_large, c_small = kernel.shape
    kernel = kernel.reshape(2, 2, 2, 2, c_large, c_small)
    kernel = kernel.transpose(0, 2, 1, 3, 4, 5)
    return kernel.reshape(2, 2, 4 * c_large, c_small)


def _patches(large):
    """Gathers the 4x4 patches, channels ordered as in a 4x4 kernel."""
    x = _pad(large)
    _, h, w, _ = large.shape
    return jnp.concatenate(
        [
            x[:, i : i + h : 2, j : j + w : 2]
            for i in range(4)
            for j in range(4)
        ],
        axis=-1,
    )


def _corners(blocks):
    """Lists the four blocks that make up each 4x4 patch, as matrices."""
    _, h, w, c = blocks.shape
    return [
        blocks[:, i : i + h - 1, j : j + w - 1].reshape(-1, c)
        for i in range(2)
        for j in range(2)
    ]


def _chunks(x):
    """Splits a batch into pieces that fit the cache."""
    size = _CHUNK if x.shape[0] % _CHUNK == 0 else x.shape[0]
    return x.reshape(-1, size, *x.shape[1:])


def _down_cpu(large, kernel):
    *_, c_large, c_small = kernel.shape
    b, h, w, _ = large.shape
    h, w = h // 2, w // 2
    if c_large <= _FEW_CHANNELS:
        # Whole blocks copy faster than single pixels of three channels.
        x = jnp.concatenate(_corners(_blocks(large)), axis=-1)
        y = x @ _block_kernel(kernel).reshape(-1, c_small)
    elif h <= _SMALL_SIZE:
        x = _patches(large).reshape(b * h * w, -1)
        y = x @ kernel.reshape(-1, c_small)
    else:
        kernels = _block_kernel(kernel).reshape(4, -1, c_small)

        def convolve(chunk):
            parts = zip(_corners(_blocks(chunk)), kernels, strict=True)
            return sum(x @ k for x, k in parts)

        y = lax.map(convolve, _chunks(large))
    return y.reshape(b, h, w, c_small)


def _shift(x, offset, axis):
    """Moves `x` by one along an axis, with zeros for what comes in."""
    if not offset:
        return x
    size = x.shape[axis]
    pads = [(0, 0)] * x.ndim
    pads[axis] = (0, 1) if offset > 0 else (1, 0)
    start = 1 if offset > 0 else 0
    return lax.slice_in_dim(jnp.pad(x, pads), start, start + size, axis=axis)


# For each parity of an output row (or column): the kernel rows that reach it,
# each with the offset of the input row that it takes.
_TAPS = (((1, 0), (3, -1)), ((2, 0), (0, 1)))


def _up_cpu(small, kernel):
    *_, c_large, c_small = kernel.shape
    b, h, w, _ = small.shape
    if c_large > _FEW_CHANNELS and h > _SMALL_SIZE:
        # Sub-pixel form: one dense 2x2 convolution yields every 2x2 block of
        # the padded output. Nothing is multiplied by inserted zeros.
        kernel = jnp.flip(_block_kernel(kernel), (0, 1))
        x = _conv(small, kernel.transpose(0, 1, 3, 2), 1, (1, 1))
        x = x.reshape(b, h + 1, w + 1, 2, 2, c_large)
        x = x.transpose(0, 1, 3, 2, 4, 5)
        x = x.reshape(b, 2 * h + 2, 2 * w + 2, c_large)
        return x[:, 1:-1, 1:-1]
    # One product yields what each input pixel adds to its 4x4 patch of the
    # output; the patches overlap by half, so four of them sum at each pixel.
    x = small.reshape(-1, c_small) @ kernel.reshape(-1, c_small).T
    x = x.reshape(b, h, w, 4, 4, c_large)
    rows = []
    for row_taps in _TAPS:
        columns = []
        for column_taps in _TAPS:
            parts = [
                _shift(_shift(x[:, :, :, i, j], down, 1), right, 2)
                for i, down in row_taps
                for j, right in column_taps
            ]
            columns.append(sum(parts))
        rows.append(jnp.stack(columns, 3))
    return jnp.stack(rows, 2).reshape(b, 2 * h, 2 * w, c_large)


def _kernel_gradient_cpu(large, small):
    c_large, c_small = large.shape[-1], small.shape[-1]
    if c_large <= _FEW_CHANNELS:
        x = _patches(large).reshape(-1, 16 * c_large)
        gradient = x.T @ small.reshape(-1, c_small)
        return gradient.reshape(4, 4, c_large, c_small)

    def add_chunk(total, chunk):
        # With the small image's matrix on the left, the transposition that the
        # product needs is of the narrower of its two factors.
        y = chunk[1].reshape(-1, c_small).T
        parts = [y @ x for x in _corners(_blocks(chunk[0]))]
        return total + jnp.stack(parts), None

    total = jnp.zeros((4, c_small, 4 * c_large), small.dtype)
    total, _ = lax.scan(add_chunk, total, (_chunks(large), _chunks(small)))
    # Back from the order of `_block_kernel`.
    kernel = total.transpose(0, 2, 1)
    kernel = kernel.reshape(2, 2, 2, 2, c_large, c_small)
    kernel = kernel.transpose(0, 2, 1, 3, 4, 5)
    return kernel.reshape(4, 4, c_large, c_small)


def _down_lax(large, kernel):
    return _conv(large, kernel, 2, (1, 1))


def _up_lax(small, kernel):
    kernel = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return _conv(small, kernel, 1, (2, 2), dilation=2)


def _kernel_gradient_lax(large, small):
    kernel = jnp.zeros((4, 4, large.shape[-1], small.shape[-1]), small.dtype)
    # The gradient of the forward convolution in both uses: XLA is slow at the
    # one that differentiating the transposed convolution would yield.
    (gradient,) = jax.linear_transpose(
        functools.partial(_down_lax, large), kernel
    )(small)
    return gradient


if jax.default_backend() == "cpu":
    _down, _up, _kernel_gradient = _down_cpu, _up_cpu, _kernel_gradient_cpu
else:
    _down, _up, _kernel_gradient = _down_lax, _up_lax, _kernel_gradient_lax


@jax.custom_vjp
def conv(large, kernel):
    """Convolves with a 4x4 kernel, stride 2 and padding 1.

    Args:
        large: Images `(batch, 2 * height, 2 * width, c_large)`.
        kernel: Kernel `(4, 4, c_large, c_small)`.

    Returns:
        Images `(batch, height, width, c_small)`.
    """
    return _down(large, kernel)


def _conv_backward(saved, cotangent):
    large, kernel = saved
    return _up(cotangent, kernel), _kernel_gradient(large, cotangent)


conv.defvjp(lambda x, k: (conv(x, k), (x, k)), _conv_backward)


@jax.custom_vjp
def conv_transpose(small, kernel):
    """Applies the transpose of `conv`.

    Args:
        small: Images `(batch, height, width, c_small)`.
        kernel: Kernel `(4, 4, c_large, c_small)`.

    Returns:
        Images `(batch, 2 * height, 2 * width, c_large)`.
    """
    return _up(small, kernel)


def _conv_transpose_backward(saved, cotangent):
    small, kernel = saved
    return _down(cotangent, kernel), _kernel_gradient(cotangent, small)


conv_transpose.defvjp(
    lambda x, k: (conv_transpose(x, k), (x, k)), _conv_transpose_backward
)


def _batch_norm(x, gamma, beta):
    """Training-mode batch normalization and the statistics that it used."""
    # Sums of the values and of their squares come from one pass.
    mean = jnp.mean(x, (0, 1, 2))
    variance = jnp.mean(jnp.square(x), (0, 1, 2)) - jnp.square(mean)
    scale = gamma * lax.rsqrt(variance + spec.BN_EPSILON)
    count = x.size // x.shape[-1]
    return x * scale + (beta - mean * scale), (
        mean,
        variance * (count / (count - 1)),
    )


def _moved(running, batch):
    """Moves running statistics towards those of a batch."""
    return jax.tree.map(
        lambda r, b: spec.BN_MOMENTUM * r + (1 - spec.BN_MOMENTUM) * b,
        running,
        batch,
    )


def _init(key, kernel_shapes, norm_widths):
    """Draws a network's parameters and starts its other state."""
    keys = iter(jax.random.split(key, len(kernel_shapes) + len(norm_widths)))

    def normal(shape):
        return spec.INIT_STDDEV * jax.random.normal(next(keys), shape)

    params = {
        "kernels": [normal(shape) for shape in kernel_shapes],
        "norms": [(1 + normal((w,)), jnp.zeros(w)) for w in norm_widths],
    }
    return {
        "params": params,
        "m": jax.tree.map(jnp.zeros_like, params),
        "v": jax.tree.map(jnp.zeros_like, params),
        "running": [(jnp.zeros(w), jnp.ones(w)) for w in norm_widths],
    }


def _init_generator(key):
    widths = spec.GENERATOR_WIDTHS
    shapes = [(spec.LATENT_DIM, 16 * widths[0])]
    shapes += [
        (4, 4, out, width)
        for width, out in zip(widths, (*widths[1:], spec.CHANNELS), strict=True)
    ]
    return _init(key, shapes, widths)


def _init_discriminator(key):
    widths = spec.DISCRIMINATOR_WIDTHS
    shapes = [
        (4, 4, width, out)
        for width, out in zip(
            (spec.CHANNELS, *widths[:-1]), widths, strict=True
        )
    ]
    return _init(key, [*shapes, (16 * widths[-1], 1)], widths[1:])


def _generate(params, latents):
    """Returns images and the statistics of each batch normalization."""
    first, *kernels = params["kernels"]
    # A 4x4 transposed convolution of a 1x1 image is a matrix product.
    x = (latents @ first).reshape(-1, 4, 4, spec.GENERATOR_WIDTHS[0])
    statistics = []
    for kernel, norm in zip(kernels, params["norms"], strict=True):
        x, used = _batch_norm(x, *norm)
        statistics.append(used)
        x = conv_transpose(jax.nn.relu(x), kernel)
    return jnp.tanh(x), statistics


def _discriminate(params, images):
    """Returns logits and the statistics of each batch normalization."""
    *kernels, last = params["kernels"]
    x = images
    statistics = []
    for index, kernel in enumerate(kernels):
        x = conv(x, kernel)
        if index:
            x, used = _batch_norm(x, *params["norms"][index - 1])
            statistics.append(used)
        x = jnp.maximum(x, spec.LEAKY_SLOPE * x)
    # The closing 4x4 convolution covers the whole 4x4 map: a matrix product.
    return x.reshape(x.shape[0], -1) @ last, statistics


def _updated(net, gradients, count, statistics):
    """Takes one Adam step and moves the running statistics."""
    b1, b2 = spec.BETA_1, spec.BETA_2
    rate = spec.LEARNING_RATE * jnp.sqrt(1 - b2**count) / (1 - b1**count)

    def mean(m, g):
        return b1 * m + (1 - b1) * g

    def square(v, g):
        return b2 * v + (1 - b2) * g * g

    def move(p, m, v):
        return p - rate * m / (jnp.sqrt(v) + spec.ADAM_EPSILON)

    m = jax.tree.map(mean, net["m"], gradients)
    v = jax.tree.map(square, net["v"], gradients)
    running = net["running"]
    for used in statistics:
        running = _moved(running, used)
    params = jax.tree.map(move, net["params"], m, v)
    return {"params": params, "m": m, "v": v, "running": running}


@functools.partial(jax.jit, donate_argnums=0)
def _train(state, images):
    generator, discriminator = state["generator"], state["discriminator"]
    count = state["count"] + 1
    key, draw = jax.random.split(state["key"])
    latents = jax.random.normal(draw, (images.shape[0], spec.LATENT_DIM))

    fake, generator_backward, g_statistics = jax.vjp(
        lambda params: _generate(params, latents),
        generator["params"],
        has_aux=True,
    )

    def d_loss(params):
        real_logits, real_statistics = _discriminate(params, images)
        fake_logits, fake_statistics = _discriminate(params, fake)
        d_real = jnp.mean(jax.nn.softplus(-real_logits))
        d_fake = jnp.mean(jax.nn.softplus(fake_logits))
        statistics = (real_statistics, fake_statistics)
        return d_real + d_fake, (d_real, d_fake, statistics)

    gradients, (d_real, d_fake, statistics) = jax.grad(d_loss, has_aux=True)(
        discriminator["params"]
    )
    discriminator = _updated(discriminator, gradients, count, statistics)

    def g_loss(fake):
        logits, statistics = _discriminate(discriminator["params"], fake)
        return jnp.mean(jax.nn.softplus(-logits)), statistics

    (loss, statistics), gradient = jax.value_and_grad(g_loss, has_aux=True)(
        fake
    )
    discriminator["running"] = _moved(discriminator["running"], statistics)
    (gradients,) = generator_backward(gradient)
    generator = _updated(generator, gradients, count, [g_statistics])
    state = {
        "generator": generator,
        "discriminator": discriminator,
        "count": count,
        "key": key,
    }
    return state, jnp.stack([d_real, d_fake, loss])


def _num_params(net):
    return sum(p.size for p in jax.tree.leaves(net["params"]))


def make_step(seed=0, batch_size=spec.BATCH_SIZE):
    """Builds a stateful training step.

    Args:
        seed: Seed of the weights and of the latents.
        batch_size: Number of images per step.

    Returns:
        `step(images) -> (d_real, d_fake, g)`: one update of both networks on
        `(batch_size, 64, 64, 3)` images in [-1, 1], returned as floats once
        the update is done.
    """
    keys = jax.random.split(jax.random.key(seed), 3)
    generator = _init_generator(keys[0])
    discriminator = _init_discriminator(keys[1])
    spec.check_param_counts(_num_params(generator), _num_params(discriminator))
    state = {
        "generator": generator,
        "discriminator": discriminator,
        "count": jnp.zeros(()),
        "key": keys[2],
    }
    shape = (batch_size, spec.IMAGE_SIZE, spec.IMAGE_SIZE, spec.CHANNELS)

    def step(images):
        nonlocal state
        if images.shape != shape:
            raise ValueError(f"images {images.shape}, expected {shape}")
        state, losses = _train(state, images)
        # The losses may be ready before the weights are.
        jax.block_until_ready(state)
        return tuple(losses.tolist())

    return step


if __name__ == "__main__":
    spec.time_step(make_step)
