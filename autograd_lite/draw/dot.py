"""A picture as DOT, the language of Graphviz: left to right, layers as clusters.

Shape and line tell the kinds apart without colour: a parameter is a box with a heavy line, an input
a sheet of paper, a result a rounded box, the cost an octagon with a double line. The colours are
from the palette of Okabe and Ito, which the colour-blind can tell apart.
"""

from __future__ import annotations

from html import escape

import numpy as np

from .picture import Edge, Kind, Picture, Vertex
from .values import is_small, lines_of, number, shape_text

VALUE, GRADIENT, QUIET = "#00507D", "#B34700", "#5A5A5A"
LOOKS: dict[Kind, str] = {
    "parameter": 'shape=box, style=filled, penwidth=2.4, color="#B07A00", fillcolor="#FDF0D0"',
    "input": 'shape=note, style=filled, penwidth=1.2, color="#0072B2", fillcolor="#E3F1FA"',
    "step": 'shape=box, style="rounded,filled", penwidth=1.2, color="#6B6B6B", fillcolor="#FFFFFF"',
    "cost": "shape=octagon, style=filled, peripheries=2, penwidth=1.2, margin=0, "
    'color="#9C3A75", fillcolor="#F9E8F2"',
    "group": 'shape=folder, style=filled, penwidth=1.2, color="#00785A", fillcolor="#E4F3EE"',
    "more": 'shape=plaintext, style=""',
}
KINDS: dict[Kind, str] = {
    "parameter": "parameter",
    "input": "input",
    "step": "result",
    "cost": "cost",
    "group": "folded layer",
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


def dot(picture: Picture) -> str:
    """The DOT source of a picture.

    >>> from autograd_lite import Tensor, draw
    >>> print(draw(Tensor(2.0, requires_grad=True, name="x") * 3).source[:9])
    digraph {
    """
    lines = [
        "digraph {",
        '  graph [rankdir=LR, bgcolor="white", nodesep=0.35, ranksep=0.6, pad=0.3,',
        '    fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#333333",',
        '    labelloc=b, labeljust=l, tooltip="computation graph"]',
        '  node [fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.13,0.07"]',
        '  edge [fontname="Helvetica,Arial,sans-serif", fontsize=11, arrowsize=0.7,',
        '    color="#7A7A7A"]',
        f"  label=<{legend(picture)}>",
    ]
    for i, name in enumerate(picture.groups):
        members = [v for v in picture.vertices if v.group == name]
        lines += [
            f"  subgraph cluster_{i} {{",
            f'    label=<<B>{text(name)}</B>>; labelloc=t; labeljust=l; style="rounded,filled";',
            '    color="#B9C4CC"; fillcolor="#F6F8FA"; fontcolor="#4A5A66"; margin=14',
            *(f"    {statement(v, picture)}" for v in members),
            "  }",
        ]
    grouped = set(picture.groups)
    lines += [f"  {statement(v, picture)}" for v in picture.vertices if v.group not in grouped]
    far = far_edges(picture)
    for i, edge in enumerate(picture.edges):
        if i in far:
            lines += [f"  {part}" for part in reference(i, edge, picture)]
        else:
            lines += [f"  {arrow}" for arrow in arrows(edge, picture)]
    return "\n".join([*lines, "}"]) + "\n"


def statement(v: Vertex, picture: Picture) -> str:
    """One vertex."""
    about = ": ".join(filter(None, [v.line, v.note])) or f"{KINDS.get(v.kind, 'more')} {v.name}"
    tip = quoted(about)
    return f"n{v.key} [{LOOKS[v.kind]}, tooltip={tip}, label=<{label(v, picture)}>]"


def label(v: Vertex, picture: Picture) -> str:
    """The rows inside a vertex: name and call, shape and type, value, gradient."""
    if v.kind == "more":
        return f'<FONT COLOR="{QUIET}" POINT-SIZE="20">…</FONT>'
    name = f"<B>{text(v.name)}</B>" if v.given else f"<I>{text(v.name)}</I>"
    sign = "" if not v.expression else " = " if v.kind != "group" else ": "
    rows = [f"{name}{sign}{text(shortened(v.expression))}"]
    small = f'<FONT POINT-SIZE="10" COLOR="{QUIET}">'
    if v.kind == "group":
        rows.append(f"{small}gives {text(v.op)} {text(shape_text(v.value))}</FONT>")
    else:
        rows.append(f"{small}{text(shape_text(v.value))}</FONT>")
    if picture.passes != "backward" and picture.values:
        rows += numbers(v.value, VALUE, "")
    if picture.passes != "forward" and not (v.kind == "input" and v.node is None):
        d = text(f"d{v.op if v.kind == 'group' else v.name}")
        if v.gradient is None:
            rows.append(f'<FONT COLOR="{GRADIENT}">{d} —</FONT>')
        else:
            rows += numbers(v.gradient, GRADIENT, f"{d} = ")
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>'


def numbers(x: object, colour: str, before: str) -> list[str]:
    """Rows for a value: a scalar in large type, an array in a type where columns line up."""
    lines = [text(line) for line in lines_of(x)]
    if np.ndim(x) == 0 if not isinstance(x, tuple | list) else False:
        return [f'<FONT COLOR="{colour}" POINT-SIZE="13">{before}{lines[0]}</FONT>']
    if isinstance(x, tuple | list) or not is_small(x):
        size = ' POINT-SIZE="11"'
        return [
            f'<FONT COLOR="{colour}"{size}>{before if i == 0 else ""}{line}</FONT>'
            for i, line in enumerate(lines)
        ]
    face = 'FACE="DejaVu Sans Mono,Courier New,monospace" POINT-SIZE="10"'
    lead = [f'<FONT COLOR="{colour}">{before.rstrip()}</FONT>'] if before else []
    return lead + [
        f'<FONT COLOR="{colour}" {face}>{line.replace(" ", "&#160;")}</FONT>' for line in lines
    ]


def arrows(edge: Edge, picture: Picture) -> list[str]:
    """One edge: forward with its value, and back with the derivative that it carries."""
    a, b = f"n{edge.source}", f"n{edge.target}"
    source = picture.by_key[edge.source]
    if source.kind == "more" or edge.passed is None:
        style = "dashed" if source.kind == "more" else "solid"
        return [f"{a} -> {b} [style={style}]"]
    scalar = edge.local is not None
    value = f'<<FONT COLOR="{VALUE}"> {text(number(source.value))} </FONT>>' if scalar else ""
    came = picture.by_key[edge.target].gradient
    back = f'{a} -> {b} [dir=back, style=dashed, color="{GRADIENT}", penwidth=1.2'
    if scalar and came is not None:
        sent = f"{number(came)} × {factor(edge.local)} = {number(edge.passed)}"
        back += f', label=<<FONT COLOR="{GRADIENT}"> {text(sent)} </FONT>>'
        names = f"d{picture.by_key[edge.target].name}/d{source.name} = {number(edge.local)}"
        back += f", edgetooltip={quoted(names)}, labeltooltip={quoted(names)}"
    forward = f'{a} -> {b} [color="{VALUE}"' + (f", label={value}]" if scalar else "]")
    if picture.passes == "backward":
        return [back + "]"]
    if len(picture.edges) > PAIRS:
        return [f"{a} -> {b}"]
    return [forward, back + "]"]


def far_edges(picture: Picture) -> set[int]:
    """Edges of a large graph that reach far back: Graphviz needs quadratic time for these."""
    if len(picture.vertices) <= LARGE:
        return set()
    place: dict[int, int] = {}
    incoming: dict[int, list[int]] = {}
    for edge in picture.edges:
        incoming.setdefault(edge.target, []).append(edge.source)
    for v in picture.vertices:  # oldest first, so sources are placed
        if not v.ends:
            place[v.key] = 1 + max((place.get(s, 0) for s in incoming.get(v.key, [])), default=0)
    for edge in picture.edges:  # a parameter stands just before its first use
        if picture.by_key[edge.source].ends:
            before = place[edge.target] - 1
            place[edge.source] = min(place.get(edge.source, before), before)
    return {
        i for i, e in enumerate(picture.edges) if place[e.target] - place.get(e.source, 0) > FAR
    }


def reference(i: int, edge: Edge, picture: Picture) -> list[str]:
    """A far edge: the name of its source stands at its target instead of a line."""
    source = picture.by_key[edge.source]
    look = f'shape=plaintext, fontcolor="{QUIET}", tooltip={quoted(source.name)}'
    return [f"r{i} [{look}, label=<{text(source.name)} ↑>]", f"r{i} -> n{edge.target}"]


def factor(x: float | None) -> str:
    """A number as the second factor of a product: negative ones in brackets."""
    shown = number(x)
    return f"({shown})" if shown.startswith("-") else shown


def legend(picture: Picture) -> str:
    """What colours and shapes mean, and what the reader should know."""
    present = {v.kind for v in picture.vertices}
    cells = [f"<TD {look}>{KINDS[k]}</TD>" for k, look in KEYS.items() if k in present]
    if picture.passes != "backward" and picture.values:
        cells.append(f'<TD><FONT COLOR="{VALUE}">→ value</FONT></TD>')
    if picture.has_gradients:
        root = picture.by_key[picture.root]
        end = text(root.op if root.kind == "group" else root.name)
        words = f"← gradient, dV = d{end}/dV"
        words += "; on edges: incoming × local" if scalar_edges(picture) else ""
        cells.append(f'<TD><FONT COLOR="{GRADIENT}">{words}</FONT></TD>')
    gap = "<TR><TD></TD></TR>"
    row = f"<TR>{''.join(cells)}</TR>"
    return (
        '<TABLE BORDER="0" CELLSPACING="6" CELLPADDING="3">'
        f"{gap}<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\" CELLSPACING=\"8\">{row}</TABLE></TD></TR>"
        + "".join(f'<TR><TD ALIGN="LEFT">{text(note)}</TD></TR>' for note in picture.notes)
        + "</TABLE>"
    )


def scalar_edges(picture: Picture) -> bool:
    return any(e.local is not None for e in picture.edges)


def shortened(words: str, most: int = 44) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def text(words: str) -> str:
    """Words safe inside an HTML-like label of Graphviz.

    >>> text("<script>&")
    '&lt;script&gt;&amp;'
    """
    printable = "".join(c if c.isprintable() else " " for c in words)
    return escape(printable, quote=True)


def quoted(words: str) -> str:
    """Words as a DOT string."""
    flat = " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(c for c in flat if c.isprintable())}"'
