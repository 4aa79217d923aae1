"""The picture of a compiled step: the lines of its Program, with shapes and without numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ..compile.jit import Step
from .expressions import DrawingPrinter
from .picture import Edge, Passes, Picture, Vertex

NO_NUMBERS = "A compiled step: names, functions and shapes; numbers exist only while it runs."


def is_step(x: Any) -> bool:
    """Return whether x is a compiled function."""
    return isinstance(x, Step)


def picture_of_step(step: Step, *examples: Any, passes: Passes | None = None) -> Picture:
    """Return the picture of a step's Program, for `examples` or for its last call.

    `passes` "forward" or "backward" keeps the lines of that pass.
    """
    if examples:
        step(*examples)
    program = step.program
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    keys: dict[Any, int] = {}

    def enter(v: Any, kind: Any) -> Vertex:
        keys[v] = len(vertices)
        value = np.broadcast_to(np.zeros((), v.dtype), v.shape)  # only its shape is shown
        name = v.name or f"t{len(vertices)}"
        vertices.append(Vertex(len(vertices), kind, name, v.name is not None, value=value))
        return vertices[-1]

    for v in [*program.inputs, *program.constants]:
        enter(v, "input")
    late: set[Any] = set()  # variables of the backward pass, and those that depend on them
    for line in program.lines:
        after = not late.isdisjoint(line.reads)
        if line.rules or after:
            late.update(line.outs)
        sources = [keys[v] for v in line.reads]
        printer = DrawingPrinter({v: vertices[keys[v]].name for v in line.reads})
        for out in line.outs:
            vertex = enter(out, "step")
            vertex.op, vertex.expression = printer.function(line.fn), printer.expression(line)[0]
            vertex.group = "backward" if line.rules else "update" if after else "forward"
            edges += [Edge(source, vertex.key, i) for i, source in enumerate(sources)]
    for v in program.outputs:
        if v in keys and v.shape == () and vertices[keys[v]].kind == "step":
            vertices[keys[v]].kind = "cost"
    present = {v.group for v in vertices}
    groups: list[str] = [g for g in ("forward", "backward", "update") if g in present]
    root = next((keys[v] for v in program.outputs if v in keys), len(vertices) - 1)
    picture = Picture(vertices, edges, root, "forward", groups, [NO_NUMBERS], values=False)
    picture.calls = len(program.lines)
    return only(picture, passes) if passes in groups else picture


def only(picture: Picture, group: str) -> Picture:
    """Return the lines of one pass, and what they read."""
    inside = {v.key for v in picture.vertices if v.group == group}
    edges = [e for e in picture.edges if e.target in inside]
    near = inside | {e.source for e in edges}
    vertices = [v for v in picture.vertices if v.key in near]
    for v in vertices:
        if v.key not in inside:
            v.group, v.expression = None, ""
    root = picture.root if picture.root in near else max(inside)
    return dataclasses.replace(picture, vertices=vertices, edges=edges, root=root, groups=[group])
