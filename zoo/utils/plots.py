"""Plots of a training."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from zoo.utils.files import replacing


def plot_curves(
    epochs: np.ndarray,
    curves: Mapping[str, Sequence[float] | np.ndarray],
    label: str,
    path: str | pathlib.Path,
) -> None:
    """Plots values over epochs.

    Args:
        epochs: Epochs, counted from one, shape `(n,)`.
        curves: Values by name, each of shape `(n,)`.
        label: What the values are.
        path: File to write; its ending gives the format.
    """
    # Slow to import. No pyplot: that keeps a state.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    for name, values in curves.items():
        axes.plot(epochs, values, marker=".", label=name.replace("_", " "))
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary)
