"""Agreement: whether images are of the classes that were asked for."""

from typing import Any

import numpy as np

from zoo.metrics.metric import Metric
from zoo.metrics.registry import register


def agreement(asked: Any, found: Any) -> float:
    """Returns the share of images in which their class is found.

    Args:
        asked: Classes that images were asked for, integers `(images,)`.
        found: Classes that a classifier finds in them, `(images,)`.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: There are no images, or two numbers of them.

    Example:
    >>> agreement([0, 1, 2, 2], [0, 1, 2, 0])
    0.75
    """
    asked, found = np.asarray(asked), np.asarray(found)
    if asked.shape != found.shape or not asked.size:
        raise ValueError(
            "Arguments `asked` and `found` must be classes of the same "
            f"images. Received: shapes {asked.shape} and {found.shape}"
        )
    return float(np.mean(asked == found))


AGREEMENT = register(
    Metric(
        "agreement",
        "share of images whose label the extractor's classifier finds",
        lambda _, made: agreement(made.asked, made.found),
        needs={"classes", "labels"},
    )
)
