"""Pictures of learning, each a function that returns a Matplotlib figure (extra `plot`)."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .by_hand.notation import Array
from .errors import DataError, MissingPackageError
from .estimator import Classifier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, PALE = "#333333", "#dddddd"
# Okabe and Ito's colours, which the colour-blind can tell apart; line styles help in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")
MOST_SHOWN = 24


def learning_curves(models: Classifier | Mapping[str, Classifier], title: str = "") -> Figure:
    """Cost against iteration, of one trained model or of several by label.

    Raises MissingPackageError without Matplotlib, DataError where no cost was recorded.
    """
    figure = _figure(6.4, 4.0)
    axes = figure.add_subplot()
    runs = {"": models} if isinstance(models, Classifier) else models
    for i, (label, model) in enumerate(runs.items()):
        if model.run is None or not model.costs:
            raise DataError(None, label or "model", "no recorded costs", "a trained model")
        x, y = model.run.recorded, model.costs
        colour, style = COLOURS[i % len(COLOURS)], STYLES[i % len(STYLES)]
        marker = "o" if len(x) <= 40 else ""
        axes.plot(x, y, style, color=colour, label=label, marker=marker, markersize=3)
        if len(runs) == 1:
            _name_ends(axes, x, y, colour)
    axes.set_xlabel("iterations (steps of gradient descent)")
    axes.set_ylabel("cost J (mean cross-entropy, nats per example)")
    axes.set_title(title or "Learning curve", loc="left", fontsize=11, pad=10)
    axes.set_ylim(0, 1.1 * max(max(model.costs) for model in runs.values()))
    axes.margins(x=0.03)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(runs) > 1:
        axes.legend(frameon=False)
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


def mislabelled(
    pictures: Array,
    Y: Array,
    probabilities: Array,
    classes: Sequence[str] = ("0", "1"),
    title: str = "",
) -> Figure:
    """The pictures (m, height, width, 3) that a model labels otherwise than Y (1, m) does.

    `probabilities` (1, m) are P(Y = 1); the surest mistakes come first, 24 at most are shown.

    Raises MissingPackageError without Matplotlib, DataError where the numbers of pictures,
    labels and probabilities differ.
    """
    p, y = np.ravel(probabilities), np.ravel(Y)
    if not len(pictures) == p.size == y.size:
        found = f"{len(pictures)} pictures, {y.size} labels, {p.size} probabilities"
        raise DataError(None, "pictures", found, "as many of each")
    said = p > 0.5
    wrong = np.flatnonzero(said != y)
    wrong = wrong[np.argsort(-np.abs(p[wrong] - 0.5), kind="stable")]
    shown = wrong[:MOST_SHOWN]
    columns = max(3, min(6, math.ceil(math.sqrt(1.5 * len(shown)))))
    rows = max(1, math.ceil(len(shown) / columns))
    figure = _figure(1.55 * columns, 1.9 * rows + 0.6)
    are = "is" if len(wrong) == 1 else "are"
    more = f"; the {len(shown)} surest mistakes" if len(shown) < len(wrong) else ""
    figure.suptitle(
        (title or "Mislabelled pictures") + f"\n{len(wrong)} of {y.size} {are} mislabelled{more}",
        x=0.02,
        ha="left",
        fontsize=11,
    )
    if not len(shown):
        figure.text(0.5, 0.4, "All pictures have the right label.", ha="center", color=INK)
    for i, k in enumerate(shown):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(pictures[k], interpolation="bilinear")
        axes.set_axis_off()
        sure = p[k] if said[k] else 1 - p[k]
        text = f"said {classes[int(said[k])]} ({_percent(sure)})\nis {classes[int(y[k])]}"
        axes.set_title(text, fontsize=8, color=INK)
    return figure


def _percent(share: float) -> str:
    """A share below 1 never reads as certainty."""
    return f"{100 * share:.0f} %" if share < 0.995 else "> 99 %"


def write(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save a figure as .png, .svg or .pdf, in one step; raises OSError."""
    from .data.files import replace_file

    kind = os.path.splitext(os.fspath(path))[1].lstrip(".") or "png"
    image = io.BytesIO()
    figure.savefig(image, format=kind, dpi=150)
    replace_file(os.fspath(path), image.getvalue())


def _figure(width: float, height: float) -> Figure:
    """A figure of so many inches that belongs to no window and no global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError(
            "Plots need Matplotlib: pip install 'autograd-lite[plot]'"
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
