"""P(Y = 1) at every point of a plane, with the examples on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import validation
from ..base import Classifier
from ..by_hand.notation import Array
from ..errors import DataError
from .style import COLOURS, INK, new_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 161  # of the plane along each side
CLASSES = ((COLOURS[1], "^"), (COLOURS[0], "o"))  # colour and marker, distinct in print too


def decision_boundary(
    models: Classifier | Mapping[str, Classifier], X: Any, Y: Any, title: str = ""
) -> Figure:
    """Draw P(Y = 1) over the plane, the line where it is 1/2, and the examples.

    Parameters
    ----------
    models : Classifier or mapping of str to Classifier
        One trained model, or several by label, drawn side by side, as the course shows hidden
        layers of 1, 2, 3, 4, 5, 20 and 50 units.
    X : array_like of shape (2, m)
    Y : array_like of shape (1, m)
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingPackageError
        If Matplotlib is missing.
    NotFittedError
        If a model was not trained.
    DataError
        If the examples do not have two features.
    """
    named = {"": models} if isinstance(models, Classifier) else models
    X = validation.inputs(X)
    if X.shape[0] != 2:
        raise DataError(None, "X", f"{X.shape[0]} features", "2, to draw a plane")
    Y = validation.labels(Y, X.shape[1])
    across = min(len(named), math.ceil(math.sqrt(1.5 * len(named))))
    down = math.ceil(len(named) / across)
    figure = (
        new_figure(3.0 * across + 2.4, 3.1 * down + 0.9) if len(named) > 1 else new_figure(6.4, 5)
    )
    x1, x2 = (_range(x) for x in X)
    plane = np.stack([a.ravel() for a in np.meshgrid(x1, x2)])
    panels: list[Any] = []
    field: Any = None
    for i, (label, model) in enumerate(named.items()):
        axes = figure.add_subplot(down, across, i + 1)
        P = model.predict_proba(plane).reshape(POINTS, POINTS)
        field = _draw_field(axes, x1, x2, P)
        _draw_examples(axes, X, Y, small=len(named) > 1)
        score = f"{100 * model.score(X, Y):.1f} % right"
        if label:
            axes.set_title(f"{wrapped(label)}\n{score}", fontsize=9, loc="left")
        else:
            axes.set_title(f"{title or 'Decision boundary'}\n{score}", fontsize=11, loc="left")
        if i % across == 0:
            axes.set_ylabel("$x_2$")
        if i + across >= len(named):
            axes.set_xlabel("$x_1$")
        panels.append(axes)
    if len(named) > 1 and title:
        figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    bar = figure.colorbar(field, ax=panels, ticks=(0, 0.25, 0.5, 0.75, 1), fraction=0.05)
    bar.set_label("P(Y = 1); the line is P = 0.5")
    panels[0].legend(loc="upper right", fontsize=8, framealpha=0.9, borderpad=0.3)
    return figure


def _range(x: Array) -> Array:
    """Return points from a little below the least to a little above the largest."""
    low, high = float(np.min(x)), float(np.max(x))
    edge = 0.08 * (high - low) or 1.0
    return np.linspace(low - edge, high + edge, POINTS)


def _draw_field(axes: Any, x1: Array, x2: Array, P: Array) -> Any:
    """Draw pale colours of the two classes, and the line between them."""
    from matplotlib.colors import LinearSegmentedColormap

    pale = LinearSegmentedColormap.from_list("classes", ["#f0a878", "#ffffff", "#7fb8dc"])
    field = axes.pcolormesh(x1, x2, P, cmap=pale, vmin=0, vmax=1, shading="auto", rasterized=True)
    if P.min() < 0.5 < P.max():
        axes.contour(x1, x2, P, levels=[0.5], colors=[INK], linewidths=1.5)
    return field


def _draw_examples(axes: Any, X: Array, Y: Array, small: bool) -> None:
    for label, (colour, marker) in enumerate(CLASSES):
        x1, x2 = X[:, Y[0] == label]
        axes.scatter(
            x1, x2, s=9 if small else 18, c=colour, marker=marker, label=f"Y = {label}",
            edgecolors="white", linewidths=0.4,
        )  # fmt: skip
