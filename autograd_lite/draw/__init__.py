"""Pictures of a computation: a text tree, Graphviz, and a page to step through.

Drawing changes nothing: no gradient, hook or graph. Reading order: inputs, picture, gradients,
expressions, folding; then tree, values, labels, dot, render, drawing; then formulas, arrays,
source_lines and explorer. program_picture draws compiled steps.
"""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .drawing import Drawing

__all__ = ["draw", "explore"]


def draw(
    what: Any,
    *examples: Any,
    passes: Literal["forward", "backward", "both"] | None = None,
    depth: int | None = None,
    level: Literal["op", "layer"] | None = None,
    fold: Collection[str | int] = (),
    gradient: Any = None,
) -> Drawing:
    """Draw how a Tensor was computed, or what a function does on example arguments.

    The drawing computes gradients itself: `.grad` stays as it is, and hooks are not run.

    Parameters
    ----------
    what : Tensor, callable or compiled step
        What to draw.
    *examples : array, number, or a nested dict, list or tuple of these
        Example arguments of a function. Arrays in containers become variables; if no result
        depends on one, floating-point arguments do.
    passes : {"forward", "backward", "both"}, optional
        Show values, gradients, or both. By default, both are shown, and a dash stands for each
        gradient until backward has been run (or a function with a scalar result was passed).
    depth : int, optional
        The number of calls before the result to show.
    level : {"op", "layer"}, optional
        Show every call, or one vertex per layer. By default, a graph of more than 300 vertices is
        folded.
    fold : collection of int or str, optional
        Layers to fold, by number or by label.
    gradient : array, optional
        The gradient of a result that is not a scalar, of its shape.

    Returns
    -------
    Drawing
        Print it, show it in a notebook, or write it with `render(path)`.

    Raises
    ------
    DrawingError
        If there is nothing to draw.
    ShapeError
        If `gradient` is needed.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> print(ag.draw(lambda a, b, c: 3 * (a + b * c), 5.0, 3.0, 2.0))
    J = 3 * t2        cost       () float64  33  dJ = 1
    └─ t2 = a + t1    result     () float64  11  dt2 = 3
       ├─ a           parameter  () float64  5  da = 3
       └─ t1 = b * c  result     () float64  6  dt1 = 3
          ├─ b        parameter  () float64  3  db = 6
          └─ c        parameter  () float64  2  dc = 9
    """
    from .drawing import Drawing
    from .folding import arrange
    from .inputs import picture_of

    picture, _ = picture_of(what, examples, passes, gradient)
    return Drawing(arrange(picture, depth, level, fold))


def explore(
    what: Any,
    *args: Any,
    path: str | Path | None = None,
    gradient: Any = None,
    title: str | None = None,
) -> Path:
    """Write a page that steps through the forward and the backward pass.

    The page is one file, needs no network, and opens in any browser.

    Parameters
    ----------
    what : Tensor or callable
        What to show. For a function, each call is shown with its line of source; for a Tensor,
        compute it under `trace_lines` to have these lines.
    *args : array, number, or a nested dict, list or tuple of these
        Example arguments of a function. The last argument may be the path.
    path : str or Path, default "graph.html"
        The file to write.
    gradient : array, optional
        The gradient of a result that is not a scalar, of its shape; without it, only the forward
        pass is shown.
    title : str, optional
        The heading of the page.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    DrawingError
        If there is nothing to show.

    Examples
    --------
    >>> import autograd_lite as ag, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = ag.explore(lambda x: x * x, 3.0, f"{folder}/graph.html")
    ...     page.name
    'graph.html'
    """
    from ..advice.user_frames import user_frame
    from .explorer import page
    from .inputs import picture_of, title_of
    from .source_lines import SourceLines

    if args and isinstance(args[-1], str | PathLike) and path is None:
        *args, path = args  # type: ignore[assignment]
    picture, seen = picture_of(what, tuple(args), None, gradient, explore=True)
    root = picture.by_key[picture.root]
    called = f"{root.name} = {root.expression}" if root.expression else root.name
    heading = title or title_of(what) or called
    file = Path(path or "graph.html")
    file.write_text(page(picture, SourceLines(seen.files, user_frame()), heading), encoding="utf-8")
    return file
