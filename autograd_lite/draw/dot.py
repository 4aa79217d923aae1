"""A picture as DOT, the language of Graphviz: left to right, layers as clusters.

Shapes and lines tell the kinds of vertices apart without colour. The colours are those of Okabe and
Ito, which the colour-blind can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from .labels import GRADIENT, QUIET, VALUE, Row, html_label, plain_label, quoted, text
from .picture import Edge, Kind, Picture, Vertex
from .values import brief, is_small, lines_of, shape_text


class Look(NamedTuple):
    """How a kind of vertex is drawn, and how the legend describes it."""

    word: str
    outline: str
    shape: str
    style: str
    width: float
    colour: str
    fill: str


LOOKS: dict[Kind, Look] = {
    "parameter": Look("parameter", "heavy box", "box", "filled", 2.4, "#B07A00", "#FDF0D0"),
    "input": Look("input", "sheet", "note", "filled", 1.2, "#0072B2", "#E3F1FA"),
    "step": Look("result", "rounded box", "box", "rounded,filled", 1.2, "#6B6B6B", "#FFFFFF"),
    "cost": Look("cost", "octagon", "octagon", "filled", 1.2, "#9C3A75", "#F9E8F2"),
    "group": Look("folded", "folder", "folder", "filled", 1.2, "#00785A", "#E4F3EE"),
}
LARGE, FAR = 150, 8  # in a graph of more vertices, an edge over more columns is cut
PAIRS = 120  # in a graph of at most this many edges, the backward pass has its own arrows

Labels = Callable[[Sequence[Row]], str]


def dot(picture: Picture, html: bool = True) -> str:
    """Return the DOT source of a picture; `html` is False for a Graphviz without HTML-like labels.

    >>> from autograd_lite import Tensor, draw
    >>> print(draw(Tensor(2.0, requires_grad=True, name="x") * 3).source[:9])
    digraph {
    """
    labels: Labels = html_label if html else plain_label
    lines = [
        "digraph {",
        '  graph [rankdir=LR, bgcolor="white", nodesep=0.35, ranksep=0.6, pad=0.3,',
        '    fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#333333",',
        '    labelloc=b, labeljust=l, tooltip="computation graph"]',
        '  node [fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.13,0.07"]',
        '  edge [fontname="Helvetica,Arial,sans-serif", fontsize=11, arrowsize=0.7,',
        '    color="#7A7A7A"]',
        f"  label={legend(picture, html)}",
    ]
    for i, name in enumerate(picture.groups):
        members = [v for v in picture.vertices if v.group == name]
        lines += [
            f"  subgraph cluster_{i} {{",
            f"    label={f'<<B>{text(name)}</B>>' if html else quoted(name)}; labelloc=t;",
            '    labeljust=l; style="rounded,filled"; color="#B9C4CC"; fillcolor="#F6F8FA";',
            '    fontcolor="#4A5A66"; margin=14',
            *(f"    {statement(v, picture, labels)}" for v in members),
            "  }",
        ]
    grouped = set(picture.groups)
    alone = [v for v in picture.vertices if v.group not in grouped]
    lines += [f"  {statement(v, picture, labels)}" for v in alone]
    far = far_edges(picture)
    for i, edge in enumerate(picture.edges):
        parts = reference(i, edge, picture) if i in far else arrows(edge, picture)
        lines += [f"  {part}" for part in parts]
    return "\n".join([*lines, "}"]) + "\n"


def statement(v: Vertex, picture: Picture, labels: Labels) -> str:
    """Return the DOT statement of one vertex."""
    look = LOOKS.get(v.kind)
    if look is None:
        return f'n{v.key} [shape=plaintext, style="", tooltip="more {v.name}", label="{v.name}"]'
    about = ": ".join(filter(None, [v.line, v.note])) or f"{look.word} {v.name}"
    line = "peripheries=2, margin=0, " if v.kind == "cost" else ""
    return (
        f'n{v.key} [shape={look.shape}, style="{look.style}", {line}penwidth={look.width}, '
        f'color="{look.colour}", fillcolor="{look.fill}", tooltip={quoted(about)}, '
        f"label={labels(rows(v, picture))}]"
    )


def rows(v: Vertex, picture: Picture) -> list[Row]:
    """Return the lines of a label: name and call, shape and dtype, value, gradient."""
    sign = "" if not v.expression else " = " if v.kind != "group" else ": "
    found = [Row("given" if v.given else "made up", sign + shortened(v.expression), v.name)]
    returns = f"returns {v.op} " if v.kind == "group" else ""
    found.append(Row("shape", returns + shape_text(v.value)))
    if picture.passes != "backward" and picture.values:
        found += numbers(v.value, "value", "")
    if picture.passes != "forward" and not (v.kind == "input" and v.node is None):
        d = f"d{v.op if v.kind == 'group' else v.name}"
        if v.gradient is None:
            found.append(Row("gradient", f"{d} —"))
        else:
            found += numbers(v.gradient, "gradient", f"{d} = ")
    return found


def numbers(x: Any, kind: str, before: str) -> list[Row]:
    """Return lines for a value: a scalar in large type, an array in a monospaced font."""
    lines = lines_of(x)
    several = isinstance(x, tuple | list)
    if not several and np.ndim(x) == 0:
        return [Row(kind, before + lines[0])]
    if several or not is_small(x):
        return [Row(f"{kind} summary", before * (i == 0) + line) for i, line in enumerate(lines)]
    lead = [Row(f"{kind} summary", before.rstrip())] if before else []
    return lead + [Row(f"{kind} array", line) for line in lines]


def arrows(edge: Edge, picture: Picture) -> list[str]:
    """Return one edge: a forward arrow with the value, a backward arrow with the gradient."""
    a, b = f"n{edge.source}", f"n{edge.target}"
    source, target = picture.by_key[edge.source], picture.by_key[edge.target]
    if source.kind == "more" or edge.passed is None:
        return [f"{a} -> {b} [style={'dashed' if source.kind == 'more' else 'solid'}]"]
    if len(picture.edges) > PAIRS:
        return [f"{a} -> {b}"]
    forward = f'{a} -> {b} [color="{VALUE}"'
    back = f'{a} -> {b} [dir=back, style=dashed, color="{GRADIENT}", penwidth=1.2'
    if edge.local is not None and target.gradient is not None:
        sent = f"{brief(target.gradient)} × {factor(edge.local)} = {brief(edge.passed)}"
        tip = quoted(f"d{target.name}/d{source.name} = {brief(edge.local)}")
        forward += f', fontcolor="{VALUE}", label={quoted(f" {brief(source.value)} ")}'
        back += f', fontcolor="{GRADIENT}", label={quoted(f" {sent} ")}'
        back += f", edgetooltip={tip}, labeltooltip={tip}"
    return [back + "]"] if picture.passes == "backward" else [forward + "]", back + "]"]


def far_edges(picture: Picture) -> set[int]:
    """Return the edges of a large graph that reach far back, which take Graphviz quadratic time."""
    if len(picture.vertices) <= LARGE:
        return set()
    place: dict[int, int] = {}
    for v in picture.vertices:  # oldest first, so that sources have a place
        if not v.ends:
            before = [place.get(e.source, 0) for e in picture.incoming(v.key)]
            place[v.key] = 1 + max(before, default=0)
    for edge in picture.edges:  # a parameter stands just before its first use
        if picture.by_key[edge.source].ends:
            column = place[edge.target] - 1
            place[edge.source] = min(place.get(edge.source, column), column)
    return {i for i, e in enumerate(picture.edges) if place[e.target] - place[e.source] > FAR}


def reference(i: int, edge: Edge, picture: Picture) -> list[str]:
    """Return a far edge: instead of a line, the name of its source stands at its target."""
    name = picture.by_key[edge.source].name
    look = f'shape=plaintext, fontcolor="{QUIET}", tooltip={quoted(name)}'
    return [f"r{i} [{look}, label={quoted(f'{name} ↑')}]", f"r{i} -> n{edge.target}"]


def factor(x: float) -> str:
    """Return a number as the second factor of a product, in brackets if it is negative."""
    shown = brief(x)
    return f"({shown})" if shown.startswith("-") else shown


def legend(picture: Picture, html: bool) -> str:
    """Return what colours and shapes mean, and the notes for the reader, as a label."""
    present = {v.kind for v in picture.vertices}
    looks = [look for kind, look in LOOKS.items() if kind in present]
    value = "→ value" if picture.passes != "backward" and picture.values else ""
    gradient = ""
    if picture.has_gradients:
        root = picture.by_key[picture.root]
        gradient = f"← gradient, dV = d{root.op if root.kind == 'group' else root.name}/dV"
        if any(e.local is not None for e in picture.edges):
            gradient += "; on edges: incoming × local"
    notes = [line for note in picture.notes for line in wrap(note, 64)]
    if not html:
        words = ", ".join(f"{look.word}: {look.outline}" for look in looks)
        lines = [("note", " "), ("note", words), ("value", value), ("gradient", gradient)]
        lines += [("note", line) for line in notes]
        return plain_label([Row(style, line) for style, line in lines if line])
    cells = []
    for look in looks:
        rounded = ' STYLE="ROUNDED"' if "rounded" in look.style else ""
        border = f'BORDER="{round(look.width)}"{rounded} COLOR="{look.colour}"'
        cells.append(f'<TD {border} BGCOLOR="{look.fill}">{look.word}</TD>')
    for words, colour in ((value, VALUE), (gradient, GRADIENT)):
        if words:
            cells.append(f'<TD><FONT COLOR="{colour}">{text(words)}</FONT></TD>')
    table = f'<TABLE BORDER="0" CELLSPACING="8"><TR>{"".join(cells)}</TR></TABLE>'
    below = "".join(f'<TR><TD ALIGN="LEFT">{text(line)}</TD></TR>' for line in notes)
    return (
        '<<TABLE BORDER="0" CELLSPACING="6" CELLPADDING="3"><TR><TD></TD></TR>'
        f'<TR><TD ALIGN="LEFT">{table}</TD></TR>{below}</TABLE>>'
    )


def shortened(words: str, most: int = 44) -> str:
    """Return words that fit into a vertex."""
    return words if len(words) <= most else words[: most - 1] + "…"
