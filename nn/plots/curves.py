"""Learning curves: the cost of one run or of several, by iteration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..base import Classifier
from ..errors import DataError
from .style import COLOURS, STYLES, new_figure, open_frame, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curves(models: Classifier | Mapping[str, Classifier], title: str = "") -> Figure:
    """Draw cost against iteration.

    Parameters
    ----------
    models : Classifier or mapping of str to Classifier
        One trained model, or several by label.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingPackageError
        If Matplotlib is missing.
    DataError
        If no cost was recorded.
    """
    runs = {"": models} if isinstance(models, Classifier) else models
    figure = new_figure(6.4 if len(runs) == 1 else 8.0, 4.0)
    axes = figure.add_subplot()
    for i, (label, model) in enumerate(runs.items()):
        if model.run is None or not model.costs:
            raise DataError(None, label or "model", "no recorded costs", "a trained model")
        x, y = model.run.recorded, model.costs
        colour, style = COLOURS[i % len(COLOURS)], STYLES[i % len(STYLES)]
        marker = "o" if len(x) <= 40 else ""
        axes.plot(x, y, style, color=colour, label=wrapped(label), marker=marker, markersize=3)
        if len(runs) == 1:
            _name_ends(axes, x, y, colour)
    axes.set_xlabel("iterations (steps of gradient descent)")
    axes.set_ylabel("cost J (mean cross-entropy, nats per example)")
    axes.set_title(
        title or ("Learning curves" if len(runs) > 1 else "Learning curve"),
        loc="left",
        fontsize=11,
        pad=10,
    )
    axes.set_ylim(0, 1.1 * max(max(model.costs) for model in runs.values()))
    axes.margins(x=0.03)
    open_frame(axes)
    if len(runs) > 1:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))  # beside the lines
    return figure


def _name_ends(axes: Any, x: Sequence[int], y: Sequence[float], colour: str) -> None:
    for i in {0, len(x) - 1}:
        axes.annotate(
            f"{y[i]:.4f}",
            (x[i], y[i]),
            xytext=(0, 8),
            textcoords="offset points",
            color=colour,
            fontsize=9,
            ha="left" if i == 0 and len(x) > 1 else "right",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
