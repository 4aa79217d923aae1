"""The style of all plots: colours for the colour-blind, and figures without global state."""

from __future__ import annotations

import io
import os
import textwrap
from typing import TYPE_CHECKING, Any

from ..errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, PALE = "#333333", "#dddddd"
# Okabe and Ito's colours, which the colour-blind can distinguish; line styles help in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")


def write(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save a figure in one step: the file is either written whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : str or path
        It ends in .png, .svg or .pdf.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from ..data.files import replace_file

    kind = os.path.splitext(os.fspath(path))[1].lstrip(".") or "png"
    image = io.BytesIO()
    figure.savefig(image, format=kind, dpi=150)
    replace_file(os.fspath(path), image.getvalue())


def new_figure(width: float, height: float) -> Figure:
    """Return a figure, in inches, that belongs to no window and no global state."""
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


def open_frame(axes: Any) -> None:
    """Draw lines to read heights from, and no frame above and to the right."""
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def wrapped(label: str) -> str:
    """Return a label on lines of some 26 characters.

    >>> print(wrapped("fast, 2-4-1 tanh, learning rate 1.2"))
    fast, 2-4-1 tanh, learning
    rate 1.2
    """
    return textwrap.fill(label, 26)


def heading(figure: Figure, title: str, remark: str = "") -> None:
    """Draw a title at the left, and a remark below it."""
    figure.suptitle("\n".join(filter(None, [title, remark])), x=0.02, ha="left", fontsize=11)
