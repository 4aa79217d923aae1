"""The inside of a network: activations and gradients of each layer, and silent units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import Classifier
from ..by_hand.notation import Array
from ..errors import DataError, SettingError
from .style import COLOURS, INK, heading, new_figure, open_frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 40
MOST_LAYERS = 8
LEAST = 1e-12  # times the largest gradient; smaller ones are drawn there


def histograms(model: Classifier, X: Any, Y: Any, title: str = "") -> Figure:
    """Draw the activations A and the sizes of the gradients dJ/dW of each layer.

    The gradients of all layers share one logarithmic axis, so that vanishing and exploding
    gradients stand out. At most 8 layers are shown.

    Parameters
    ----------
    model : Classifier
        A trained model.
    X : array_like of shape (n_x, m)
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
        If the model was not trained.
    DataError
        If X and Y do not fit.
    """
    graph = model.graph(X, Y, model.parameters)
    graph["J"].backward()
    L = sum(name[0] == "A" for name in graph)
    layers = range(1, L + 1)
    if L > MOST_LAYERS:
        layers = sorted({round(l) for l in np.linspace(1, L, MOST_LAYERS)})  # type: ignore[assignment]
    figure = new_figure(7.6, 1.25 * len(layers) + 1.1)
    heading(figure, title or "Inside the network", f"on {graph['X'].shape[1]} examples")
    sizes = {l: np.abs(graph[model.own_name(f"W{l}")].grad).ravel() for l in layers}
    largest = max(float(g.max()) for g in sizes.values()) or 1.0
    least = max(min(_least(g, largest) for g in sizes.values()), LEAST * largest)
    bins = np.geomspace(least, 2 * largest, BINS)
    for i, l in enumerate(layers):
        last = i == len(layers) - 1
        left = figure.add_subplot(len(layers), 2, 2 * i + 1)
        right = figure.add_subplot(len(layers), 2, 2 * i + 2)
        A = graph[f"A{l}"].data
        _bars(left, A.ravel(), BINS, COLOURS[0])
        _corner(
            left, f"{_percent(np.mean(A == 0))} are 0" if model.hidden == "relu" and l < L else ""
        )
        left.set_ylabel(f"layer {l}", color=INK)
        _bars(right, np.clip(sizes[l], least, None), bins, COLOURS[1])
        zero = float(np.mean(sizes[l] == 0))
        _corner(
            right,
            f"median {np.median(sizes[l]):.0e}" + (f", {_percent(zero)} are 0" if zero else ""),
        )
        right.set_xscale("log")
        if i == 0:
            left.set_title("activations A", fontsize=10, loc="left")
            right.set_title("sizes of gradients |dJ/dW|", fontsize=10, loc="left")
        if last:
            left.set_xlabel("A (share of units and examples)", fontsize=9)
            right.set_xlabel("|dJ/dW| (share of weights; the first bar: less, or 0)", fontsize=9)
        else:
            right.tick_params(labelbottom=False)
    return figure


def _bars(axes: Any, numbers: Array, bins: Any, colour: str) -> None:
    """Draw a histogram of shares."""
    axes.hist(numbers, bins, weights=np.full(numbers.size, 1 / numbers.size), color=colour)
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])  # room for words
    open_frame(axes)
    axes.tick_params(labelsize=8)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axes.locator_params(axis="y", nbins=3)


def _corner(axes: Any, text: str) -> None:
    if text:
        axes.text(
            0.98, 0.92, text, transform=axes.transAxes, ha="right", va="top", fontsize=8, color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
        )  # fmt: skip


def _least(g: Array, otherwise: float) -> float:
    """Return the first percentile of the elements that are not zero."""
    return float(np.percentile(g[g > 0], 1)) if np.any(g > 0) else otherwise


def _percent(share: Any) -> str:
    return f"{100 * share:.0f} %"


def silence(model: Classifier, X: Any) -> dict[int, Array]:
    """Return the share of examples for which each unit is 0, (n[l],), by hidden layer l.

    A ReLU unit that is 0 for all examples is dead: no gradient passes, so it does not learn.

    >>> from nn import LLayerClassifier
    >>> model = LLayerClassifier([1, 2, 1]).fit([[1.0, -1.0]], [[1, 0]], iterations=1)
    >>> model.parameters["W1"][:], model.parameters["b1"][:] = 1, [[0.0], [-9.0]]
    >>> silence(model, [[1.0, -1.0]])
    {1: array([0.5, 1. ])}
    """
    if model.hidden != "relu":
        raise SettingError(
            f"Only ReLU units fall silent; the hidden layers of this model are {model.hidden}."
        )
    X = np.asarray(X)
    graph = model.graph(X, np.zeros((1, X.shape[1])), model.parameters)
    hidden = [name for name in graph if name[0] == "A"][:-1]
    if not hidden:
        raise DataError(None, "model", "no hidden layer", "a network with ReLU units")
    return {int(name[1:]): np.mean(graph[name].data == 0, axis=1) for name in hidden}


def silent_units(model: Classifier, X: Any, title: str = "") -> Figure:
    """Draw the share of examples for which each ReLU unit is 0; a dead unit always is.

    Parameters
    ----------
    model : Classifier
        A trained model.
    X : array_like of shape (n_x, m)
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingPackageError
        If Matplotlib is missing.
    NotFittedError
        If the model was not trained.
    SettingError
        If its hidden units are not ReLUs.
    DataError
        If it has no hidden layer.
    """
    shares = silence(model, X)
    height = 1.35 * len(shares) + 1.1
    figure = new_figure(6.4, height)
    dead = sum(int(np.sum(share == 1)) for share in shares.values())
    units = sum(share.size for share in shares.values())
    heading(
        figure,
        title or "Silent ReLU units",
        f"{dead} of {units} units are dead: 0 for all of the {np.shape(X)[1]} examples",
    )
    for i, (l, share) in enumerate(shares.items()):
        axes = figure.add_subplot(len(shares), 1, i + 1)
        numbers = np.arange(1, share.size + 1)
        for always, colour, hatch in ((False, COLOURS[0], ""), (True, COLOURS[1], "////")):
            chosen = (share == 1) == always
            axes.bar(
                numbers[chosen], 100 * share[chosen], color=colour, hatch=hatch, edgecolor="white",
                label="dead" if always else "",
            )  # fmt: skip
        for n in numbers[share == 1] if share.size <= 30 else ():
            axes.text(n, 103, "dead", ha="center", va="bottom", fontsize=7, color=COLOURS[1])
        axes.set_ylim(0, 122)
        axes.set_yticks((0, 50, 100), ("0 %", "50 %", "100 %"))
        axes.set_xlim(0.3, share.size + 0.7)
        if share.size <= 30:
            axes.set_xticks(numbers)
        axes.tick_params(labelsize=8)
        axes.set_ylabel(f"layer {l}", color=INK)
        open_frame(axes)
    axes.set_xlabel("unit; the height is the share of examples for which it is 0", fontsize=9)
    return figure
