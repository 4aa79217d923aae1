"""The explorer: one HTML file that steps through the forward and the backward pass.

Python gathers the graph, the values and the formulas. `page/` holds the page, its style, and its
script in six parts: layout places vertices, view draws, camera zooms, numbers shows arrays, panel
explains a step, app handles what the reader does.
"""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from .arrays import Store
from .folding import assign_layers, make_blocks
from .formulas import Formulas, why_summed
from .gradients import local_derivative
from .picture import Edge, Picture, Vertex
from .source_lines import SourceLines

SCATTER = "scatter(x, i, shape) is an array of zeros with x added at index i"
MANY = 150  # vertices; the page of a larger graph opens folded
SCRIPTS = ("layout.js", "view.js", "camera.js", "numbers.js", "panel.js", "app.js")


def page(picture: Picture, lines: SourceLines, title: str) -> str:
    """Return the HTML of the explorer."""
    folder = resources.files(__package__) / "page"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    data = json.dumps(gather(picture, lines, title), separators=(",", ":"), ensure_ascii=False)
    html = part("explorer.html")
    for mark, words in (
        ("{{title}}", escape(title)),
        ("{{style}}", part("explorer.css")),
        ("{{script}}", "\n".join(part(name) for name in SCRIPTS)),
        ("{{data}}", data.replace("<", "\\u003c").replace("\u2028", "\\u2028")),
    ):
        html = html.replace(mark, words)
    return html


def gather(picture: Picture, lines: SourceLines, title: str) -> dict[str, Any]:
    """Return the data of the page: vertices, edges, arrays, layers and steps."""
    assign_layers(picture)
    layers = len(picture.groups)
    large = len(picture.vertices) > MANY
    if large:
        make_blocks(picture)
    store, formulas = Store(), Formulas()
    place = {v.key: i for i, v in enumerate(picture.vertices)}
    group = {name: i for i, name in enumerate(picture.groups)}
    vertices = [describe(v, store, lines, group) for v in picture.vertices]
    uses: dict[int, int] = {}
    for e in picture.edges:
        uses[e.source] = uses.get(e.source, 0) + 1
    edges = []
    for e in picture.edges:
        entry: dict[str, Any] = {"a": place[e.source], "b": place[e.target], "i": e.position}
        if e.passed is not None:
            entry["p"] = store.add(e.passed)
            entry |= explain(picture, e, store, formulas)
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


def describe(v: Vertex, store: Store, lines: SourceLines, group: dict[str, int]) -> dict[str, Any]:
    """Describe one vertex; empty entries are left out."""
    entry = {
        "k": v.kind, "n": v.name, "o": v.op, "e": v.expression, "v": store.add(v.value),
        "d": None if v.gradient is None else store.add(v.gradient), "l": v.line,
        "c": lines.code(v.line), "g": group.get(v.group) if v.group else None,
        "x": 0 if v.given else 1, "t": v.note,
    }  # fmt: skip
    return {key: value for key, value in entry.items() if value is not None and value != ""}


def explain(picture: Picture, e: Edge, store: Store, formulas: Formulas) -> dict[str, Any]:
    """Describe the rule on one edge: its formula, the local derivative, and why it is summed."""
    source, target = picture.by_key[e.source], picture.by_key[e.target]
    node = target.node
    assert node is not None
    names = picture.argument_names(target)
    entry: dict[str, Any] = {
        "f": formulas.passed_on(node, e.position, target.name, names),
        "q": formulas.local(node, e.position, target.name, names),
    }
    local = local_derivative(node, e.position)
    if local is not None:
        same = local.size > 1 and np.all(local == local.flat[0])
        entry["s"] = store.add(local.flat[0] if same else local)
        entry["w"] = why_summed(np.shape(source.value), np.shape(node.out))
    if "scatter(" in entry["f"]:
        entry["w"] = SCATTER
    return {key: value for key, value in entry.items() if value != ""}


def steps(picture: Picture, place: dict[int, int]) -> list[list[Any]]:
    """Return the order of the steps: start, each call, each gradient when it is complete."""
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
