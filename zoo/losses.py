"""Adversarial losses on logits: pure functions, one equation each.

Every function takes the discriminator's logits, shape `(batch, ...)`, and
returns a float32 scalar, the mean over the mini-batch.
"""

from keras import ops


def discriminator_real(logits, label_smoothing=0.0):
    """Loss of the discriminator on real images.

    `-E[t log D(x) + (1 - t) log(1 - D(x))]` with target `t = 1 - smoothing`:
    the first term of V(D, G), Goodfellow et al. 2014, equation 1, with
    one-sided label smoothing (Salimans et al. 2016, section 3.4).

    Args:
        logits: Logits of real images.
        label_smoothing: What is taken off the target, in [0, 1).

    Returns:
        Scalar.
    """
    logits = ops.cast(logits, "float32")
    return ops.mean(ops.softplus(-logits) + label_smoothing * logits)


def discriminator_fake(logits):
    """Loss of the discriminator on generated images.

    `-E[log(1 - D(G(z)))]`: the second term of V(D, G), Goodfellow et al.
    2014, equation 1.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    return ops.mean(ops.softplus(ops.cast(logits, "float32")))


def non_saturating(logits):
    """Loss of the generator.

    `-E[log D(G(z))]`, which has strong gradients where the generator loses:
    Goodfellow et al. 2014, section 3.

    Args:
        logits: Logits of generated images.

    Returns:
        Scalar.
    """
    return ops.mean(ops.softplus(-ops.cast(logits, "float32")))
