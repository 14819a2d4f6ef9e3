"""Terms of adversarial losses: pure functions, one equation each.

Every function takes the discriminator's (or critic's) logits, of shape
`(batch, ...)` and any floating dtype, and returns a float32 scalar, the mean
over the mini-batch. `D(x)` is the sigmoid of the logit `d(x)`.
"""

import math
from typing import Any

from keras import ops

_LARGEST_LOGIT = 10.0
"""Where `maximum_likelihood` goes on along its tangent."""


def _float32(logits: Any) -> Any:
    return ops.cast(logits, "float32")


def discriminator_real(logits: Any, label_smoothing: float = 0.0) -> Any:
    """Cross-entropy of the discriminator on real images.

    `-E[t log D(x) + (1 - t) log(1 - D(x))]` with target `t = 1 - smoothing`:
    the first term of V(D, G), Goodfellow et al. 2014, equation 1, with
    one-sided label smoothing (Salimans et al. 2016, section 3.4).

    Args:
        logits: Logits of real images.
        label_smoothing: What is taken off the target, in [0, 1).

    Returns:
        Scalar.
    """
    logits = _float32(logits)
    return ops.mean(ops.softplus(-logits) + label_smoothing * logits)


def discriminator_fake(logits: Any) -> Any:
    """Cross-entropy of the discriminator on generated images.

    `-E[log(1 - D(G(z)))]`: the second term of V(D, G), Goodfellow et al.
    2014, equation 1.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    return ops.mean(ops.softplus(_float32(logits)))


def minimax(logits: Any) -> Any:
    """Loss of the generator in the minimax game.

    `E[log(1 - D(G(z)))]`: Goodfellow et al. 2014, equation 1. Its gradient
    vanishes where the discriminator wins.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    return -discriminator_fake(logits)


def non_saturating(logits: Any) -> Any:
    """Loss of the generator, `-E[log D(G(z))]`.

    It has strong gradients where the generator loses: Goodfellow et al.
    2014, section 3.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    return ops.mean(ops.softplus(-_float32(logits)))


def maximum_likelihood(logits: Any) -> Any:
    """Loss of the generator, `-E[exp(d(G(z)))]`.

    With the optimal discriminator its gradient is that of the likelihood:
    Goodfellow 2014, arXiv:1412.6515. Beyond logits of 10, where a generated
    image would be 22,026 times likelier among the data, the exponential goes
    on along its tangent, `exp(10) (d - 9)`: finite, with a bounded gradient.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    logits = _float32(logits)
    exponential = ops.exp(ops.minimum(logits, _LARGEST_LOGIT))
    tangent = math.exp(_LARGEST_LOGIT) * ops.relu(logits - _LARGEST_LOGIT)
    return -ops.mean(exponential + tangent)


def squared_error(logits: Any, target: float) -> Any:
    """Half the mean squared distance from a target, `E[(d - target)^2] / 2`.

    Mao et al. 2017, equation 2 with the 0-1 coding of equation 9.

    Args:
        logits: Outputs of the discriminator.
        target: 1 for real, and for the generator; 0 for generated.

    Returns:
        Scalar.
    """
    return ops.mean(ops.square(_float32(logits) - target)) / 2


def mean(logits: Any) -> Any:
    """Score of a critic, `E[d]`: Arjovsky et al. 2017, equation 3.

    Args:
        logits: Outputs of the critic.

    Returns:
        Scalar.
    """
    return ops.mean(_float32(logits))


def negative_mean(logits: Any) -> Any:
    """Minus the score of a critic, `-E[d]`.

    Also the mean energy of an auto-encoder, whose logits are minus that.

    Args:
        logits: Outputs of the critic.

    Returns:
        Scalar.
    """
    return -mean(logits)


def hinge(logits: Any, sign: float = 1.0, margin: float = 1.0) -> Any:
    """Hinge loss, `E[max(0, margin - sign d)]`.

    Lim and Ye 2017, arXiv:1705.02894, section 3, for the discriminator on
    real images (sign 1) and generated ones (sign -1).

    Args:
        logits: Outputs of the discriminator.
        sign: 1 or -1: the sign that outputs should have.
        margin: From where on they cost nothing.

    Returns:
        Scalar.
    """
    return ops.mean(ops.relu(margin - sign * _float32(logits)))
