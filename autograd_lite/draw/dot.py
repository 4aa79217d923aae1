"""A picture as DOT, the language of Graphviz: left to right, layers as clusters.

Shape and line tell the kinds apart without colour: a parameter is a box with a heavy line, an input
a sheet of paper, a result a rounded box, the cost an octagon with a double line. The colours are
from the palette of Okabe and Ito, which the colour-blind can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from .labels import GRADIENT, QUIET, VALUE, Row, plain, quoted, rich, text
from .picture import Edge, Kind, Picture, Vertex
from .values import brief, is_small, lines_of, shape_text

LOOKS: dict[Kind, str] = {
    "parameter": 'shape=box, style=filled, penwidth=2.4, color="#B07A00", fillcolor="#FDF0D0"',
    "input": 'shape=note, style=filled, penwidth=1.2, color="#0072B2", fillcolor="#E3F1FA"',
    "step": 'shape=box, style="rounded,filled", penwidth=1.2, color="#6B6B6B", fillcolor="#FFFFFF"',
    "cost": "shape=octagon, style=filled, peripheries=2, penwidth=1.2, margin=0, "
    'color="#9C3A75", fillcolor="#F9E8F2"',
    "group": 'shape=folder, style=filled, penwidth=1.2, color="#00785A", fillcolor="#E4F3EE"',
    "more": 'shape=plaintext, style=""',
}
KINDS: dict[Kind, tuple[str, str]] = {  # in the legend: a name, and how it is outlined
    "parameter": ("parameter", "heavy box"),
    "input": ("input", "sheet"),
    "step": ("result", "rounded box"),
    "cost": ("cost", "octagon"),
    "group": ("folded", "folder"),
}
KEYS: dict[Kind, str] = {  # the same looks as cells of a table
    "parameter": 'BORDER="2" COLOR="#B07A00" BGCOLOR="#FDF0D0"',
    "input": 'BORDER="1" COLOR="#0072B2" BGCOLOR="#E3F1FA"',
    "step": 'BORDER="1" STYLE="ROUNDED" COLOR="#6B6B6B" BGCOLOR="#FFFFFF"',
    "cost": 'BORDER="1" COLOR="#9C3A75" BGCOLOR="#F9E8F2"',
    "group": 'BORDER="1" COLOR="#00785A" BGCOLOR="#E4F3EE"',
}
LARGE, FAR = 150, 8  # beyond so many vertices, an edge over more than 8 columns is cut
PAIRS = 120  # with at most this many edges, the way back is drawn as arrows of its own

Labels = Callable[[Sequence[Row]], str]


def dot(picture: Picture, html: bool = True) -> str:
    """The DOT source of a picture; `html` False for a Graphviz without HTML-like labels.

    >>> from autograd_lite import Tensor, draw
    >>> print(draw(Tensor(2.0, requires_grad=True, name="x") * 3).source[:9])
    digraph {
    """
    labels: Labels = rich if html else plain
    lines = [
        "digraph {",
        '  graph [rankdir=LR, bgcolor="white", nodesep=0.35, ranksep=0.6, pad=0.3,',
        '    fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#333333",',
        '    labelloc=b, labeljust=l, tooltip="computation graph"]',
        '  node [fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.13,0.07"]',
        '  edge [fontname="Helvetica,Arial,sans-serif", fontsize=11, arrowsize=0.7,',
        '    color="#7A7A7A"]',
        f"  label={rich_legend(picture) if html else plain_legend(picture)}",
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
    """One vertex."""
    kind = KINDS[v.kind][0] if v.kind in KINDS else "more"
    about = ": ".join(filter(None, [v.line, v.note])) or f"{kind} {v.name}"
    label = quoted("…") if v.kind == "more" else labels(rows(v, picture))
    return f"n{v.key} [{LOOKS[v.kind]}, tooltip={quoted(about)}, label={label}]"


def rows(v: Vertex, picture: Picture) -> list[Row]:
    """The lines inside a vertex: name and call, shape and type, value, gradient."""
    sign = "" if not v.expression else " = " if v.kind != "group" else ": "
    found = [Row("given" if v.given else "made up", sign + shortened(v.expression), v.name)]
    gives = f"gives {v.op} " if v.kind == "group" else ""
    found.append(Row("shape", gives + shape_text(v.value)))
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
    """Lines for a value: a scalar in large type, an array in a type where columns line up."""
    lines = lines_of(x)
    several = isinstance(x, tuple | list)
    if not several and np.ndim(x) == 0:
        return [Row(kind, before + lines[0])]
    if several or not is_small(x):
        return [Row(f"{kind} summary", before * (i == 0) + line) for i, line in enumerate(lines)]
    lead = [Row(f"{kind} summary", before.rstrip())] if before else []
    return lead + [Row(f"{kind} array", line) for line in lines]


def arrows(edge: Edge, picture: Picture) -> list[str]:
    """One edge: forward with its value, and back with the derivative that it carries."""
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
        slope = quoted(f"d{target.name}/d{source.name} = {brief(edge.local)}")
        forward += f', fontcolor="{VALUE}", label={quoted(f" {brief(source.value)} ")}'
        back += f', fontcolor="{GRADIENT}", label={quoted(f" {sent} ")}'
        back += f", edgetooltip={slope}, labeltooltip={slope}"
    return [back + "]"] if picture.passes == "backward" else [forward + "]", back + "]"]


def far_edges(picture: Picture) -> set[int]:
    """Edges of a large graph that reach far back: Graphviz needs quadratic time for these."""
    if len(picture.vertices) <= LARGE:
        return set()
    place: dict[int, int] = {}
    for v in picture.vertices:  # oldest first, so sources are placed
        if not v.ends:
            before = [place.get(e.source, 0) for e in picture.incoming(v.key)]
            place[v.key] = 1 + max(before, default=0)
    for edge in picture.edges:  # a parameter stands just before its first use
        if picture.by_key[edge.source].ends:
            column = place[edge.target] - 1
            place[edge.source] = min(place.get(edge.source, column), column)
    return {i for i, e in enumerate(picture.edges) if place[e.target] - place[e.source] > FAR}


def reference(i: int, edge: Edge, picture: Picture) -> list[str]:
    """A far edge: the name of its source stands at its target instead of a line."""
    name = picture.by_key[edge.source].name
    look = f'shape=plaintext, fontcolor="{QUIET}", tooltip={quoted(name)}'
    return [f"r{i} [{look}, label={quoted(f'{name} ↑')}]", f"r{i} -> n{edge.target}"]


def factor(x: float) -> str:
    """A number as the second factor of a product: negative ones in brackets."""
    shown = brief(x)
    return f"({shown})" if shown.startswith("-") else shown


def legend(picture: Picture) -> tuple[list[Kind], str, str]:
    """The kinds there are, and what the two ways show."""
    present = {v.kind for v in picture.vertices}
    kinds = [kind for kind in KINDS if kind in present]
    value = "→ value" if picture.passes != "backward" and picture.values else ""
    gradient = ""
    if picture.has_gradients:
        root = picture.by_key[picture.root]
        gradient = f"← gradient, dV = d{root.op if root.kind == 'group' else root.name}/dV"
        if any(e.local is not None for e in picture.edges):
            gradient += "; on edges: incoming × local"
    return kinds, value, gradient


def rich_legend(picture: Picture) -> str:
    """What colours and shapes mean, and what the reader should know, as a table."""
    kinds, value, gradient = legend(picture)
    cells = [f"<TD {KEYS[kind]}>{KINDS[kind][0]}</TD>" for kind in kinds]
    for words, colour in ((value, VALUE), (gradient, GRADIENT)):
        if words:
            cells.append(f'<TD><FONT COLOR="{colour}">{text(words)}</FONT></TD>')
    table = f'<TABLE BORDER="0" CELLSPACING="8"><TR>{"".join(cells)}</TR></TABLE>'
    lines = [line for note in picture.notes for line in wrap(note, 64)]
    notes = "".join(f'<TR><TD ALIGN="LEFT">{text(line)}</TD></TR>' for line in lines)
    return (
        '<<TABLE BORDER="0" CELLSPACING="6" CELLPADDING="3"><TR><TD></TD></TR>'
        f'<TR><TD ALIGN="LEFT">{table}</TD></TR>{notes}</TABLE>>'
    )


def plain_legend(picture: Picture) -> str:
    """The same in words."""
    kinds, value, gradient = legend(picture)
    words = ", ".join(f"{name}: {outline}" for name, outline in map(KINDS.__getitem__, kinds))
    lines = [("note", words), ("value", value), ("gradient", gradient)]
    lines += [("note", line) for note in picture.notes for line in wrap(note, 64)]
    return plain([Row(style, line) for style, line in [("note", " "), *lines] if line])


def shortened(words: str, most: int = 44) -> str:
    """Words that fit into a vertex."""
    return words if len(words) <= most else words[: most - 1] + "…"
