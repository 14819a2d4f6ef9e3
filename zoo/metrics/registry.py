"""The metrics that are known by name."""

from collections.abc import Sequence

from zoo.metrics.metric import Metric
from zoo.utils.registry import Registry

registry = Registry("metrics", Metric)


def register(metric: Metric) -> Metric:
    """Makes a metric known by its name.

    `Evaluator`, `callbacks.Evaluate` and `zoo evaluate` then take the name.

    Args:
        metric: The metric.

    Returns:
        The metric.

    Raises:
        ValueError: It is no `Metric`, or one of its names is taken.

    Example:
    ```python
    zoo.metrics.register(
        zoo.metrics.Metric(
            "shift",
            "difference of the mean features",
            lambda real, made: (made.moments.mean - real.moments.mean).mean(),
            needs={"real"},
        )
    )
    callbacks.Evaluate(["fd", "shift"], "inception", reference=images)
    ```
    """
    names = metric.names if isinstance(metric, Metric) else ()
    taken = [name for name in names if name in _by_any_name()]
    if taken:
        raise ValueError(
            f"Another Metric has that name. Received: name={taken[0]!r}"
        )
    return registry.register(metric)


def get(identifier: str | Metric) -> Metric:
    """Returns a metric.

    Args:
        identifier: A name of a registered metric, such as `"fd"` or `"fid"`;
            or a metric, which is returned as it is.

    Returns:
        The metric.

    Raises:
        ValueError: There is none of that name; the nearest are suggested.
    """
    if isinstance(identifier, str):
        identifier = _by_any_name().get(identifier, identifier)
    return registry.get(identifier)


def get_all(identifiers: Sequence[str | Metric]) -> tuple[Metric, ...]:
    """Returns several metrics, each once.

    Args:
        identifiers: Names of registered metrics, or metrics; at least one.

    Returns:
        The metrics, in their order.

    Raises:
        ValueError: There is none of a name, no list of names is given, or two
            metrics give a value of the same name.
    """
    if isinstance(identifiers, str) or not identifiers:
        raise ValueError(
            "Argument `metrics` must be a list of some of "
            f"{sorted(registry.entries)}. Received: metrics={identifiers!r}"
        )
    metrics = tuple(dict.fromkeys(map(get, identifiers)))
    given = [value for metric in metrics for value in metric.gives]
    twice = sorted({value for value in given if given.count(value) > 1})
    if twice:
        raise ValueError(
            "Metrics that are computed together must give values of different "
            f"names. Received: {twice[0]!r} of two metrics"
        )
    return metrics


def registered() -> list[Metric]:
    """Returns all registered metrics, in the order of their registration."""
    return list(registry.entries.values())


def _by_any_name():
    return {name: metric for metric in registered() for name in metric.names}
