"""Gradient penalties: on a critic's gradients at points between or near data.

A penalty is taken in two steps, since only a model can differentiate its
networks: `points` says where, `value` what the gradients there cost.

```python
penalty = zoo.losses.penalties.get("wgan_gp")
points = penalty.points(real, fake, self.seed_generator)
gradients = self.input_gradient(critic, points)
loss = penalty.default_weight * penalty.value(gradients)
```
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.utils.registry import Registry


def _squared_norms(gradients: Any) -> Any:
    gradients = ops.cast(gradients, "float32")
    axes = tuple(range(1, len(gradients.shape)))
    return ops.sum(ops.square(gradients), axis=axes)


def gradient_norms(gradients: Any) -> Any:
    """Euclidean norm of each example's gradient.

    Its own derivative at a gradient of zero is zero, not NaN.

    Args:
        gradients: `(batch, ...)`.

    Returns:
        float32 `(batch,)`.
    """
    squares = _squared_norms(gradients)
    positive = squares > 0
    # The square root's slope at 0 is infinite, and infinity times 0 NaN.
    norms = ops.sqrt(ops.where(positive, squares, 1.0))
    return ops.where(positive, norms, 0.0)


def interpolates(real: Any, fake: Any, uniform: Any) -> Any:
    """Points on the lines between real and generated images.

    `u x + (1 - u) G(z)`: Gulrajani et al. 2017, algorithm 1, line 6.

    Args:
        real: Real images, `(batch, ...)`.
        fake: Generated images, of the same shape.
        uniform: `u` of each pair in [0, 1], `(batch,)` or broadcastable to
            the images.

    Returns:
        Tensor of the images' shape.
    """
    real, fake, uniform = map(ops.convert_to_tensor, (real, fake, uniform))
    if len(uniform.shape) == 1:
        uniform = ops.reshape(uniform, (-1,) + (1,) * (len(real.shape) - 1))
    return fake + uniform * (real - fake)


def perturbed(real: Any, noise: Any) -> Any:
    """Points near real images.

    `x + std(x) / 2 * noise`, with the standard deviation of all values of
    the batch: Kodali et al. 2017, arXiv:1705.07215, as in the authors' code.

    Args:
        real: Real images, `(batch, ...)`.
        noise: Noise of the same shape, of a scale of about 1.

    Returns:
        Tensor of the images' shape.
    """
    real, noise = map(ops.convert_to_tensor, (real, noise))
    return real + 0.5 * ops.std(real) * noise


def one_centered(gradients: Any, target: float = 1.0) -> Any:
    """Cost of norms other than one, `E[(||g|| - target)^2]`.

    Gulrajani et al. 2017, equation 3.

    Args:
        gradients: `(batch, ...)`.
        target: The norm that costs nothing.

    Returns:
        float32 scalar.
    """
    return ops.mean(ops.square(gradient_norms(gradients) - target))


def zero_centered(gradients: Any) -> Any:
    """Cost of any slope, `E[||g||^2] / 2`.

    Mescheder et al. 2018, equation 9.

    Args:
        gradients: `(batch, ...)`.

    Returns:
        float32 scalar.
    """
    return ops.mean(_squared_norms(gradients)) / 2


@dataclasses.dataclass(frozen=True)
class Penalty:
    """A penalty on the gradients of a critic or discriminator.

    Attributes:
        name: Name by which models take it, once it is registered.
        points: Where to take the gradients: a function of real images,
            generated images and a `keras.random.SeedGenerator`.
        value: What they cost: a function from gradients `(batch, ...)` to a
            float32 scalar.
        default_weight: The paper's factor of the value in the loss.
    """

    name: str
    points: Callable[[Any, Any, keras.random.SeedGenerator], Any]
    value: Callable[[Any], Any]
    default_weight: float


def _uniform(shape, like, seed):
    dtype = keras.backend.standardize_dtype(like.dtype)
    return keras.random.uniform(shape, dtype=dtype, seed=seed)


def _between(real, fake, seed):
    return interpolates(real, fake, _uniform(ops.shape(real)[:1], real, seed))


def _around(real, fake, seed):
    return perturbed(real, _uniform(ops.shape(real), real, seed))


def _real(real, fake, seed):
    return real


def _fake(real, fake, seed):
    return fake


registry = Registry("penalty", Penalty)
register = registry.register
get = registry.get
serialize = registry.serialize

WGAN_GP = register(Penalty("wgan_gp", _between, one_centered, 10.0))
DRAGAN = register(Penalty("dragan", _around, one_centered, 10.0))
R1 = register(Penalty("r1", _real, zero_centered, 10.0))
R2 = register(Penalty("r2", _fake, zero_centered, 10.0))
