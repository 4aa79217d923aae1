"""Pictures of a picture classifier: its mistakes, and the weights of its first layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..base import Classifier
from ..by_hand.notation import Array
from ..errors import DataError
from .style import INK, heading, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SHOWN = 24


def mislabelled(
    pictures: Array,
    Y: Array,
    probabilities: Array,
    classes: Sequence[str] = ("0", "1"),
    title: str = "",
) -> Figure:
    """Draw the pictures that a model labels wrongly, the most certain mistakes first.

    Parameters
    ----------
    pictures : ndarray of shape (m, height, width, 3)
    Y : ndarray of shape (1, m)
        The right labels.
    probabilities : ndarray of shape (1, m)
        P(Y = 1) by the model.
    classes : sequence of str
        The names of the classes 0 and 1.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
        At most 24 pictures.

    Raises
    ------
    MissingPackageError
        If Matplotlib is missing.
    DataError
        If the numbers of pictures, labels and probabilities differ.
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
    figure = new_figure(1.55 * columns, 1.9 * rows + 0.6)
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
    """Return a share in percent; one below 1 never reads as certainty."""
    return f"{100 * share:.0f} %" if share < 0.995 else "> 99 %"


def first_layer_weights(
    model: Classifier,
    picture: Sequence[int] | None = None,
    title: str = "",
    *,
    learned: bool = False,
) -> Figure:
    """Draw the weights of each unit of the first layer as a picture.

    Grey is a weight of 0; bright, coloured pixels raise Z and dark ones lower it. Each picture is
    scaled by its largest weight, which is printed. At most 24 units are shown.

    Parameters
    ----------
    model : Classifier
        A trained model.
    picture : sequence of int, optional
        (height, width, 3) of the inputs; by default a square.
    title : str
    learned : bool
        Subtract the first weights, so that what training added stands out of their noise.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingPackageError
        If Matplotlib is missing.
    NotFittedError
        If the model was not trained.
    DataError
        If the inputs are no such pictures.
    """
    W1 = model.layered(model.parameters)["W1"]
    n, n_x = W1.shape
    size = math.isqrt(n_x // 3)
    h, w, c = picture if picture is not None else (size, size, 3)
    if c != 3 or h * w * c != n_x or not h:
        expected = "height * width * 3, the pixels of a colour picture"
        raise DataError(None, "W1", f"{n_x} inputs", expected)
    if learned:
        W1 = W1 - model.layered(model.initialize(n_x, W1.dtype))["W1"]
    shown = W1[:MOST_SHOWN]
    columns = max(1, min(6, math.ceil(math.sqrt(1.5 * len(shown)))))
    rows = math.ceil(len(shown) / columns)
    width = max(4.4, 1.5 * columns)
    figure = new_figure(width, width / columns * rows * 1.22 / 1.08 + 0.55)
    units = "1 unit" if n == 1 else f"{n} units"
    more = f", the first {len(shown)} of {units}" if len(shown) < n else f", {units}"
    what = "what training added to the weights" if learned else "the weights"
    heading(
        figure,
        title or "The first layer",
        f"{what}{more}; grey is 0",
    )
    # One frame for all of them, since one for each would take seconds.
    axes = figure.add_subplot()
    across, down = 1.08 * w, 1.22 * h
    for i, weights in enumerate(shown):
        row, column = divmod(i, columns)
        largest = float(np.max(np.abs(weights))) or 1.0
        x, y = column * across, row * down
        axes.imshow(
            (0.5 + weights / (2 * largest)).reshape(h, w, 3),
            interpolation="nearest",
            extent=(x, x + w, y + h, y),
        )
        axes.text(x, y - 0.03 * h, f"unit {i + 1}, up to {largest:.2g}", fontsize=8, color=INK)
    axes.set_xlim(-0.02 * w, columns * across)
    axes.set_ylim(rows * down - 0.2 * h, -0.15 * h)
    axes.set_axis_off()
    return figure
