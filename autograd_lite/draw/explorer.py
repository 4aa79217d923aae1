"""The explorer: one HTML file that steps through the forward and the backward pass of a program.

Python gathers the graph, the numbers and the formulas; `page/` holds the page, its style, and its
script in six parts: layout places vertices, view draws, camera zooms, numbers shows arrays, panel
explains a step, app listens to the reader.
"""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.backward import PICK
from .arrays import Store
from .folding import assign_layers, make_blocks
from .formulas import formula, repeated
from .gradients import local_derivative
from .picture import Picture, Vertex
from .sources import Sources

MANY = 150  # vertices; a page opens folded beyond
SCRIPTS = ("layout.js", "view.js", "camera.js", "numbers.js", "panel.js", "app.js")


def page(picture: Picture, sources: Sources, title: str) -> str:
    """The HTML of the explorer."""
    folder = resources.files(__package__) / "page"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    data = json.dumps(gather(picture, sources, title), separators=(",", ":"), ensure_ascii=False)
    html = part("explorer.html")
    for mark, words in (
        ("{{title}}", escape(title)),
        ("{{style}}", part("explorer.css")),
        ("{{script}}", "\n".join(part(name) for name in SCRIPTS)),
        ("{{data}}", data.replace("<", "\\u003c").replace("\u2028", "\\u2028")),
    ):
        html = html.replace(mark, words)
    return html


def gather(picture: Picture, sources: Sources, title: str) -> dict[str, Any]:
    """Everything the page knows: vertices, edges, arrays, layers and steps."""
    assign_layers(picture)
    layers = len(picture.groups)
    large = len(picture.vertices) > MANY
    if large:
        make_blocks(picture)
    store = Store()
    place = {v.key: i for i, v in enumerate(picture.vertices)}
    group = {name: i for i, name in enumerate(picture.groups)}
    vertices = [describe(v, store, sources, group) for v in picture.vertices]
    uses: dict[int, int] = {}
    for e in picture.edges:
        uses[e.source] = uses.get(e.source, 0) + 1
    edges = []
    for e in picture.edges:
        source, target = picture.by_key[e.source], picture.by_key[e.target]
        entry: dict[str, Any] = {"a": place[e.source], "b": place[e.target], "i": e.position}
        if e.passed is not None:
            entry["p"] = store.add(e.passed)
            entry |= explain(picture, source, target, e.position, store)
        edges.append(entry)
    return {
        "title": title,
        "vertices": vertices,
        "edges": edges,
        "arrays": store.entries,
        "groups": [{"n": name, "f": int(large)} for name in picture.groups],
        "layers": layers,
        "root": place[picture.root],
        "steps": steps(picture, place),
        "notes": picture.notes,
    }


def describe(v: Vertex, store: Store, sources: Sources, group: dict[str, int]) -> dict[str, Any]:
    """One vertex for the page; what is empty is left out."""
    entry = {
        "k": v.kind, "n": v.name, "o": v.op, "e": v.expression, "v": store.add(v.value),
        "d": None if v.gradient is None else store.add(v.gradient), "l": v.line,
        "c": sources.code(v.line), "g": group.get(v.group) if v.group else None,
        "x": 0 if v.given else 1, "t": v.note,
    }  # fmt: skip
    return {key: value for key, value in entry.items() if value is not None and value != ""}


def explain(
    picture: Picture, source: Vertex, target: Vertex, i: int, store: Store
) -> dict[str, Any]:
    """The rule on one edge: its formula, the local derivative, and why it is summed."""
    node = target.node
    assert node is not None
    names = argument_names(picture, target)
    passed, local = formula(node, i, target.name, names)
    entry: dict[str, Any] = {"f": passed, "q": local}
    slope = local_derivative(node, i)
    if slope is not None:
        same = slope.size > 1 and np.all(slope == slope.flat[0])
        entry["s"] = store.add(slope.flat[0] if same else slope)
    if node.rule is not None and node.rule is not PICK and slope is not None:
        why = repeated(np.shape(source.value), np.shape(node.out))
        if why:
            entry["w"] = why
    return entry


def argument_names(picture: Picture, v: Vertex) -> list[str]:
    """The arguments of a call as its expression writes them."""
    from .expressions import literal

    assert v.node is not None
    named = {e.position: picture.by_key[e.source].name for e in picture.incoming(v.key)}
    return [named.get(i) or literal(arg) for i, arg in enumerate(v.node.args)]


def steps(picture: Picture, place: dict[int, int]) -> list[list[Any]]:
    """The order of the show: start, each call, then each gradient once it is complete."""
    found: list[list[Any]] = [["start", -1]]
    found += [["forward", place[v.key]] for v in picture.vertices if not v.ends]
    waiting = {v.key: len(picture.outgoing(v.key)) for v in picture.vertices}
    for v in reversed(picture.vertices):
        if v.ends or v.gradient is None:
            continue
        found.append(["backward", place[v.key]])
        for e in sorted(picture.incoming(v.key), key=lambda e: e.position):
            waiting[e.source] -= 1
            source = picture.by_key[e.source]
            if source.ends and not waiting[e.source] and source.gradient is not None:
                found.append(["backward", place[e.source]])
    shown = {i for kind, i in found if kind == "backward"}
    found += [
        ["backward", place[v.key]]
        for v in picture.vertices
        if v.gradient is not None and place[v.key] not in shown
    ]
    return found


def write(html: str, path: str | Path) -> Path:
    """Write the page, and give its path."""
    path = Path(path)
    path.write_text(html, encoding="utf-8")
    return path
