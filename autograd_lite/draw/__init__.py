"""Pictures of a computation: text tree, Graphviz, and a page to step through. Changes nothing.

Reading order: picture, gradients, names, layers, then dot, tree and render; explorer last.
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

    `passes` "forward" shows values, "backward" gradients, "both" both; without it gradients are
    shown where backward has been run (or where a function with a scalar result was given), and a
    dash stands where none has been computed. The drawing computes them itself: `.grad` stays as it
    is and hooks are not run. `depth` keeps the last so many calls. `level` "op" shows every call,
    "layer" one vertex per layer; without it a graph of more than 300 vertices folds. `fold` folds
    single layers, by number or label. `gradient` is that of a result that is no scalar.

    Raises DrawingError where there is nothing to draw, ShapeError where a gradient is needed.

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
    from .folding import MANY, arrange
    from .inputs import picture_of

    picture, _ = picture_of(what, examples, passes, gradient)
    return Drawing(arrange(picture, depth, level, fold, MANY))


def explore(
    what: Any,
    *args: Any,
    path: str | Path | None = None,
    gradient: Any = None,
    title: str | None = None,
) -> Path:
    """Write a page on which one steps through forward and backward, and give its path.

    `explore(t, "graph.html")` shows a Tensor, `explore(f, *examples, "graph.html")` a function run
    on example arguments (then with the line of source of every call; for a Tensor compute it under
    `trace_lines`). The page is one file, needs no network, and opens in any browser. `gradient` is
    that of a result that is no scalar; without it only the forward pass is shown.

    Raises DrawingError where there is nothing to show.

    >>> import autograd_lite as ag, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = ag.explore(lambda x: x * x, 3.0, f"{folder}/graph.html")
    ...     page.name
    'graph.html'
    """
    from ..advice.user_frames import user_frame
    from .explorer import page, write
    from .inputs import picture_of, title_of
    from .sources import Sources

    if args and isinstance(args[-1], str | PathLike) and path is None:
        *args, path = args  # type: ignore[assignment]
    picture, seen = picture_of(what, tuple(args), None, gradient, explore=True)
    root = picture.by_key[picture.root]
    called = f"{root.name} = {root.expression}" if root.expression else root.name
    heading = title or title_of(what) or called
    html = page(picture, Sources(seen.files, user_frame()), heading)
    return write(html, path or "graph.html")
