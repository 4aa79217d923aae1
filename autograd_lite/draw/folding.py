"""The layers of a picture, and folding a layer or a range of calls to one vertex."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection

import numpy as np

from ..errors import DrawingError
from .picture import Edge, Picture, Vertex, size_of

MANY = 300  # vertices; a larger graph is folded without being asked
BLOCKS = 24  # ranges of calls that a large graph without layers is folded into
_ITEM = re.compile(r"(\w+)\[\d+\]")


def layer_numbers(vertices: list[Vertex]) -> dict[int, int | None]:
    """Return the layers in the names of parameters: 1 for W1, 0 for layers[0].W.

    Scalars such as w1 have none, and neither has a single list params[0], params[1], ...

    >>> W = np.zeros((2, 2))
    >>> layer_numbers([Vertex(0, "parameter", "W12", value=W)])
    {0: 12}
    >>> layer_numbers([Vertex(0, "parameter", "params[0]", value=W)])
    {0: None}
    """
    items = {v.key: found[1] for v in vertices if (found := _ITEM.fullmatch(v.name))}
    one_list = len(set(items.values())) == 1

    def number(v: Vertex) -> int | None:
        found = re.search(r"\d+", v.name)
        named = v.given and v.kind == "parameter" and np.ndim(v.value) >= 1
        return int(found[0]) if found and named and not (one_list and v.key in items) else None

    return {v.key: number(v) for v in vertices}


def assign_layers(picture: Picture) -> None:
    """Set the `group` of every vertex from the numbers in the names of parameters.

    A result belongs to the deepest layer among its arguments, and an input to the layer that uses
    it first. Results after the last activation are the cost.
    """
    numbers = layer_numbers(picture.vertices)
    if not any(n is not None and np.ndim(picture.by_key[k].value) == 2 for k, n in numbers.items()):
        return
    for v in picture.vertices:
        if not v.ends:
            below = [n for e in picture.incoming(v.key) if (n := numbers[e.source]) is not None]
            numbers[v.key] = max(below, default=None)
    used = sorted({n for n in numbers.values() if n is not None})
    last = used[-1]
    inside = last_chain(picture, numbers, last)
    end = last + 1
    for v in picture.vertices:
        if not v.ends and numbers[v.key] == last and v.key not in inside:
            numbers[v.key] = end
    for v in picture.vertices:
        if v.ends and numbers[v.key] is None:
            homes = [n for e in picture.outgoing(v.key) if (n := numbers[e.target]) is not None]
            numbers[v.key] = min(homes) if homes and min(homes) != used[0] else None
    cost = "cost" if size_of(picture.by_key[picture.root].value) == 1 else "output"
    names = {n: f"layer {n}" for n in used} | {end: cost}
    for v in picture.vertices:
        n = numbers[v.key]
        v.group = None if n is None else names[n]
    present = {v.group for v in picture.vertices}
    picture.groups = [names[n] for n in (*used, end) if names[n] in present]


def last_chain(picture: Picture, numbers: dict[int, int | None], last: int) -> set[int]:
    """Return the calls of the last layer: from its first product to the first fork."""
    steps = [v for v in picture.vertices if not v.ends and numbers[v.key] == last]
    start = next((v for v in steps if v.op in ("matmul", "dot")), steps[0] if steps else None)
    inside: set[int] = set()
    here = start
    while here is not None and start is not None:
        inside.add(here.key)
        after = {e.target for e in picture.outgoing(here.key)}
        here = picture.by_key[after.pop()] if len(after) == 1 else None
        if here is None or isinstance(here.value, tuple):
            break
        others = [e.source for e in picture.incoming(here.key) if e.source not in inside]
        summed = np.ndim(here.value) == 0 and np.ndim(start.value) > 0
        if summed or any(picture.by_key[s].kind != "parameter" for s in others):
            break
    return inside


def fold(picture: Picture, which: Collection[str]) -> Picture:
    """Return the picture with each of these groups as one vertex."""
    which = [g for g in picture.groups if g in which]
    if not which:
        return picture
    home: dict[int, int] = {v.key: v.key for v in picture.vertices}
    folded: dict[str, Vertex] = {}
    for name in which:
        members = [v for v in picture.vertices if v.group == name]
        keys = {v.key for v in members}
        outside = {e.source for e in picture.edges if e.source in keys and e.target not in keys}
        ends = [v for v in members if v.key in outside or v.key == picture.root]
        end = ends[-1] if ends else members[-1]
        group = Vertex(members[-1].key, "group", name, members=members, value=end.value)
        group.gradient = end.gradient
        group.expression = contents(members)
        group.note = f"its output is {end.name}"
        group.op = end.name
        folded[name] = group
        home.update({key: group.key for key in keys})
    vertices = [v for v in picture.vertices if v.group not in folded] + list(folded.values())
    vertices.sort(key=lambda v: v.key)
    edges: dict[tuple[int, int, int], Edge] = {}
    for e in picture.edges:
        source, target = home[e.source], home[e.target]
        if source != target:
            crossing = source != e.source or target != e.target
            slot = -1 if crossing else e.position
            new = Edge(source, target, e.position, e.local, e.passed)
            edges.setdefault((source, target, slot), new)
    groups = [g for g in picture.groups if g not in folded]
    return dataclasses.replace(
        picture,
        vertices=vertices,
        edges=list(edges.values()),
        root=home[picture.root],
        groups=groups,
    )


def contents(members: list[Vertex]) -> str:
    """Return what a folded group contains: its parameters, and its calls counted.

    >>> contents([Vertex(0, "parameter", "W1"), Vertex(1, "step", "t1", op="tanh")])
    'W1; tanh'
    """
    own = [v.name for v in members if v.kind == "parameter"]
    if len(own) > 6:
        own = [*own[:3], "…", own[-1]]
    calls = Counter(v.op for v in members if not v.ends)
    words = [op if n == 1 else f"{n} {op}" for op, n in calls.most_common(6)]
    more = ["…"] if len(calls) > 6 else []
    return "; ".join(filter(None, [", ".join(own), ", ".join(words + more)]))


def make_blocks(picture: Picture, blocks: int = BLOCKS) -> None:
    """Group the calls of a large graph that has no layers into ranges, in their order.

    Calls depend on earlier ones only, so there is no cycle between ranges.
    """
    free = [v for v in picture.vertices if v.group is None and not v.ends]
    size = max(-(-len(free) // blocks), 1)
    for start in range(0, len(free), size):
        part = free[start : start + size]
        name = f"{part[0].name} … {part[-1].name}" if len(part) > 1 else part[0].name
        picture.groups.append(name)
        for v in part:
            v.group = name
    ranges = {v.key: v.group for v in free}
    for v in picture.vertices:
        homes = {ranges[e.target] for e in picture.outgoing(v.key) if e.target in ranges}
        if v.ends and v.group is None and len(homes) == 1:
            v.group = homes.pop()


def cut(picture: Picture, depth: int) -> Picture:
    """Return the last `depth` calls before the root; a vertex `…` stands for what is left out."""
    near = {picture.root: 0}
    todo = [picture.root]
    for key in todo:  # grows during the loop
        for e in picture.incoming(key):
            if e.source not in near and near[key] < depth:
                near[e.source] = near[key] + 1
                todo.append(e.source)
    vertices = [v for v in picture.vertices if v.key in near]
    edges = [e for e in picture.edges if e.source in near and e.target in near]
    gone = len(picture.vertices) - len(vertices)
    new = max(v.key for v in picture.vertices)
    for v in list(vertices):
        if any(e.source not in near for e in picture.incoming(v.key)):
            new += 1
            vertices.append(Vertex(new, "more", "…", group=v.group))
            edges.append(Edge(new, v.key, -1))
    groups = [g for g in picture.groups if any(v.group == g for v in vertices)]
    notes = list(picture.notes)
    if gone:
        word = "vertex lies" if gone == 1 else "vertices lie"
        notes.append(f"{gone} {word} further back than depth={depth}.")
    return dataclasses.replace(picture, vertices=vertices, edges=edges, groups=groups, notes=notes)


def arrange(
    picture: Picture, depth: int | None, level: str | None, which: Collection[str | int]
) -> Picture:
    """Return the picture with layers, cut at `depth`, and folded if asked for or if it is large."""
    if picture.values:
        assign_layers(picture)
    if depth is not None:
        picture = cut(picture, depth)
    labels = {f"layer {w}" if isinstance(w, int) else w for w in which}
    unknown = sorted(labels.difference(picture.groups))
    if unknown:
        known = ", ".join(picture.groups) or "none; layers come from names such as W1"
        raise DrawingError(f"no layer {unknown[0]!r} to fold; there are: {known}.")
    large = len(picture.vertices) > MANY and level is None
    if level == "layer" and not picture.groups:
        make_blocks(picture)
    picture = fold(picture, picture.groups if large or level == "layer" else labels)
    if large and len(picture.vertices) > MANY:
        make_blocks(picture)
        picture = fold(picture, picture.groups)
    return picture
