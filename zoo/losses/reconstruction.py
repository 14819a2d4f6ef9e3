"""Distances of outputs from the images that they should be."""

from typing import Any

from keras import ops


def l1(images: Any, targets: Any) -> Any:
    """Mean absolute difference, `E[||y - G(x, z)||_1]` per value.

    Isola et al. 2017, equation 3.

    Args:
        images: Images that a network made.
        targets: What they should be, of the same shape.

    Returns:
        float32 scalar.
    """
    difference = ops.cast(images, "float32") - ops.cast(targets, "float32")
    return ops.mean(ops.abs(difference))
