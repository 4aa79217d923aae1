"""A picture as text for terminals: the result first, its arguments below it."""

from __future__ import annotations

import numpy as np

from .picture import Picture, Vertex
from .values import lines_of, shape_text

ROWS = 120
DEEP = 16  # levels; a deeper branch continues in a tree of its own


def tree(picture: Picture) -> str:
    """Return the text tree of a picture; a vertex that occurs twice is written out once.

    >>> from autograd_lite import Tensor, draw
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> print(draw(x * x + 1))
    J = t1 + 1     cost       () float64  10  dJ —
    └─ t1 = x * x  result     () float64  9  dt1 —
       ├─ x        parameter  () float64  3  dx —
       └─ x ↑
    """
    sources: dict[int, list[int]] = {}
    for edge in sorted(picture.edges, key=lambda e: e.position):
        sources.setdefault(edge.target, []).append(edge.source)
    rows: list[tuple[str, Vertex | None]] = []
    done: set[int] = set()
    ends = [v.key for v in picture.vertices if not picture.outgoing(v.key) and v.expression]
    roots = [picture.root, *(key for key in ends if key != picture.root)]
    for root in roots:  # grows when a branch is too deep
        todo: list[tuple[int, str, str]] = [(root, "", "")]
        while todo and len(rows) < ROWS:
            key, lead, below = todo.pop()
            v = picture.by_key[key]
            if key in done:
                rows.append((f"{lead}{v.name} ↑", None))
                continue
            inputs = sources.get(key, [])
            if inputs and len(below) > 3 * DEEP and key != root:
                rows.append((f"{lead}{v.name} ↓", None))
                roots += [key] if key not in roots else []
                continue
            done.add(key)
            sign = ": " if v.kind == "group" else " = "
            rows.append((f"{lead}{v.name}{sign + v.expression if v.expression else ''}", v))
            for i, source in reversed(list(enumerate(inputs))):
                last = i == len(inputs) - 1
                todo.append(
                    (source, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))
                )
    cells = [(left, *columns(v, picture)) if v else (left,) for left, v in rows]
    wide = [max((len(row[i]) for row in cells if len(row) > i), default=0) for i in range(3)]
    wide[0] = min(wide[0], 60)
    text = ["  ".join(cell.ljust(w) for cell, w in zip(row, [*wide, 0, 0])) for row in cells]  # noqa: B905
    left = len(picture.vertices) - len(done)
    if left > 0 and len(rows) >= ROWS:
        text.append(f"… and {left} more")
    return "\n".join(line.rstrip() for line in [*text, *picture.notes])


def columns(v: Vertex, picture: Picture) -> tuple[str, ...]:
    """Return kind, shape and dtype, value, and gradient of a vertex."""
    kind = {"step": "result", "more": "", "group": "folded"}.get(v.kind, v.kind)
    if v.kind == "more":
        return (kind, "")
    words = [kind, shape_text(v.value)]
    if picture.passes != "backward" and picture.values:
        words.append(one_line(v.value))
    if picture.passes != "forward" and (v.node is not None or v.kind == "group"):
        name = v.op if v.kind == "group" else v.name
        d = "—" if v.gradient is None else f"= {one_line(v.gradient)}"
        words.append(f"d{name} {d}")
    return tuple(words)


def one_line(x: object) -> str:
    """Return a value in one line."""
    if isinstance(x, np.ndarray) and 1 < x.size <= 4:
        return " ".join(np.array2string(x, precision=4).split())
    if isinstance(x, np.ndarray) and 4 < x.size <= 12:
        return " ".join(np.array2string(x, precision=3).split())
    return " ".join(lines_of(x))
