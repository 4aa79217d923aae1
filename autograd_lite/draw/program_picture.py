"""A compiled step as a picture: its straight lines as they run, with shapes and without numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .expressions import DrawingPrinter
from .picture import Edge, Passes, Picture, Vertex

NO_NUMBERS = "A compiled step: names, functions and shapes; the numbers are there while it runs."


def is_step(x: Any) -> bool:
    """Whether x is a compiled function: it has a Program and its source."""
    return callable(x) and hasattr(type(x), "program") and hasattr(type(x), "source")


def picture_of_step(step: Any, *examples: Any, passes: Passes | None = None) -> Picture:
    """The picture of the Program behind a compiled step, called with `examples` or as last called.

    `passes` "forward" or "backward" keeps the lines of that pass.
    """
    if examples:
        step(*examples)
    program = step.program
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    keys: dict[Any, int] = {}

    def enter(v: Any, kind: Any, **more: Any) -> Vertex:
        keys[v] = len(vertices)
        value = np.broadcast_to(np.zeros((), v.dtype), v.shape)  # its shape is shown, no number
        name = v.name or f"t{len(vertices)}"
        vertices.append(Vertex(len(vertices), kind, name, v.name is not None, value=value, **more))
        return vertices[-1]

    for v in [*program.inputs, *program.constants]:
        enter(v, "input")
    back: set[Any] = set()  # what the backward pass made, and what depends on it
    for line in program.lines:
        late = any(v in back for v in line.reads)
        if line.rules or late:
            back.update(line.outs)
        group = "backward" if line.rules else "update" if late else "forward"
        read = [keys[v] for v in line.reads]
        printer = DrawingPrinter({v: vertices[keys[v]].name for v in line.reads})
        for out in line.outs:
            vertex = enter(out, "step", op=printer.function(line.fn))
            vertex.expression = printer.expression(line)[0]
            vertex.group = group
            edges += [Edge(source, vertex.key, i) for i, source in enumerate(read)]
    for v in program.outputs:
        if v in keys and v.shape == () and vertices[keys[v]].kind == "step":
            vertices[keys[v]].kind = "cost"
    groups = [g for g in ("forward", "backward", "update") if any(v.group == g for v in vertices)]
    root = next((keys[v] for v in program.outputs if v in keys), len(vertices) - 1)
    picture = Picture(vertices, edges, root, "forward", groups, [NO_NUMBERS], values=False)
    picture.calls = len(program.lines)
    return only(picture, passes) if passes in groups else picture


def only(picture: Picture, group: str) -> Picture:
    """The lines of one pass, and what they read."""
    inside = {v.key for v in picture.vertices if v.group == group}
    near = inside | {e.source for e in picture.edges if e.target in inside}
    vertices = [v for v in picture.vertices if v.key in near]
    for v in vertices:
        if v.key not in inside:
            v.group = None
            v.expression = ""
    edges = [e for e in picture.edges if e.target in inside]
    root = picture.root if picture.root in near else max(inside)
    return Picture(vertices, edges, root, "forward", [group], picture.notes, values=False)
