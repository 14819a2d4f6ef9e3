"""Terms beside the adversarial ones: diversity, classes, codes."""

from typing import Any

from keras import ops

_EPSILON = 1e-5


def _distances(one: Any, other: Any) -> Any:
    difference = ops.cast(one, "float32") - ops.cast(other, "float32")
    axes = tuple(range(1, len(difference.shape)))
    return ops.mean(ops.abs(difference), axis=axes)


def mode_seeking(
    images_1: Any, images_2: Any, latents_1: Any, latents_2: Any
) -> Any:
    """Cost of a generator that gives different latents the same image.

    `1 / (E[d(G(z1), G(z2)) / d(z1, z2)] + 1e-5)` with mean absolute
    differences `d` of each pair: what equation 4 of Mao et al. 2019,
    arXiv:1903.05628, maximizes, inverted to be minimized as in the authors'
    code.

    Args:
        images_1: Generated images, `(batch, ...)`.
        images_2: Those of other latents, of the same shape (and classes).
        latents_1: Latents of `images_1`, `(batch, latent_dim)`.
        latents_2: Latents of `images_2`.

    Returns:
        float32 scalar.
    """
    # Latents that are equal by chance have equal images: a ratio of 0.
    between_latents = ops.maximum(_distances(latents_1, latents_2), _EPSILON)
    ratios = _distances(images_1, images_2) / between_latents
    return 1 / (ops.mean(ratios) + _EPSILON)


def classification(logits: Any, labels: Any) -> Any:
    """Cross-entropy of an auxiliary classifier, `-E[log p(label | x)]`.

    Odena et al. 2017, equation 3.

    Args:
        logits: `(batch, num_classes)`.
        labels: Integers in [0, num_classes), `(batch,)`.

    Returns:
        float32 scalar.
    """
    return ops.mean(
        ops.sparse_categorical_crossentropy(
            labels, ops.cast(logits, "float32"), from_logits=True
        )
    )


def mutual_information_categorical(logits: Any, codes: Any) -> Any:
    """Minus the information that images bear on a categorical code.

    `-E[log Q(c | G(z, c))]`, the variational bound of Chen et al. 2016,
    equation 5, without the constant entropy of the codes.

    Args:
        logits: What Q predicts from generated images, `(batch, categories)`.
        codes: The codes they were made from, one-hot, of the same shape.

    Returns:
        float32 scalar.
    """
    log_q = ops.log_softmax(ops.cast(logits, "float32"))
    return -ops.mean(ops.sum(ops.cast(codes, "float32") * log_q, axis=-1))


def mutual_information_continuous(mean: Any, codes: Any) -> Any:
    """Minus the information that images bear on continuous codes.

    `E[||c - mean||^2] / 2`: as of a categorical code, with a normal Q of unit
    variance and without the constant of its density.

    Args:
        mean: What Q predicts from generated images, `(batch, codes)`.
        codes: The codes they were made from, of the same shape.

    Returns:
        float32 scalar.
    """
    error = ops.cast(codes, "float32") - ops.cast(mean, "float32")
    return ops.mean(ops.sum(ops.square(error), axis=-1)) / 2
