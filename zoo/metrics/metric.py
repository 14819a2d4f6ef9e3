"""What a metric is: its name, what it needs, what it gives, and how."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, get_args

import numpy as np

from zoo.metrics.feature_set import FeatureSet, Need
from zoo.utils import checks

Compute = Callable[[Any, FeatureSet], float | Sequence[float]]
"""Function from the `FeatureSet`s of real and of made images to numbers."""


@dataclasses.dataclass(frozen=True, eq=False)
class Metric:
    """A number, or several, that say how good a set of made images is.

    Attributes:
        name: Name by which it is asked for, once it is registered: lowercase
            letters, digits and underscores.
        about: What it is, in a few words, for `zoo evaluate --help`.
        compute: Function of two `zoo.metrics.FeatureSet`, of the real images
            and of the made ones, that returns a float, or one for each of
            `gives`. The first is `None` if real images are not needed.
        needs: What `compute` reads besides mean and covariance of the
            features, which are always there. Any of

            - `"real"`: real images to compare with. What else is needed is
              read of them, too;
            - `"features"`: the features of each image;
            - `"classes"`: sums of the extractor's class predictions, and the
              class found in each image. An extractor without classes is an
              error;
            - `"labels"`: the classes that images were asked for, or that they
              come with. Images without labels are an error.
        gives: Names of the values, in their order, written like `name`; by
            default one value, of the metric's name.
        known_as: What the single value is called if it is of the features of
            one extractor, by the extractor's name. The metric may be asked
            for by these names, too.

    Raises:
        ValueError: A name is not written so, a need is none of these, or
            `known_as` is given for several values.

    Example:
    >>> shift = Metric(
    ...     "shift",
    ...     "difference of the mean features",
    ...     lambda real, made: (made.moments.mean - real.moments.mean).mean(),
    ...     needs={"real"},
    ... )
    >>> shift.gives
    ('shift',)
    """

    name: str
    about: str
    compute: Compute
    needs: AbstractSet[Need] = frozenset()
    gives: tuple[str, ...] = ()
    known_as: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", frozenset(self.needs))
        object.__setattr__(self, "gives", tuple(self.gives) or (self.name,))
        for name in (self.name, *self.gives, *self.known_as.values()):
            if not re.fullmatch("[a-z][a-z0-9_]*", name):
                raise ValueError(
                    "A metric's names must be of lowercase letters, digits "
                    f"and underscores. Received: {name!r}"
                )
        for need in self.needs:
            checks.one_of("needs", need, get_args(Need))
        if self.known_as and len(self.gives) > 1:
            raise ValueError(
                "Argument `known_as` is for a metric of one value. Received: "
                f"gives={self.gives}, known_as={self.known_as}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it may be asked for by, its own first."""
        return (self.name, *self.known_as.values())

    def values(
        self, real: FeatureSet | None, made: FeatureSet
    ) -> dict[str, float]:
        """Computes the metric.

        Args:
            real: What it needs of the real images; `None` if nothing.
            made: What it needs of the made ones.

        Returns:
            Dict of each of `gives` to its value.

        Raises:
            ValueError: `compute` returned another number of values.
        """
        numbers = np.atleast_1d(self.compute(real, made))
        if numbers.shape != (len(self.gives),):
            raise ValueError(
                f"The metric {self.name!r} must return a value for each of "
                f"{self.gives}. Received: shape={numbers.shape}"
            )
        return dict(zip(self.gives, map(float, numbers), strict=True))


def all_needs(metrics: Iterable[Metric]) -> frozenset[Need]:
    """Returns what any of several metrics needs.

    Args:
        metrics: The metrics.

    Returns:
        The union of their `needs`.
    """
    return frozenset().union(*(metric.needs for metric in metrics))
