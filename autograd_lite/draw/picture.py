"""A computation graph as data for drawings: vertices, edges, names, values and gradients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..advice.user_names import UserNames
from ..engine.backward import PICK
from ..engine.graph import Node, reachable
from ..errors import GraphError
from .expressions import expression, op_name
from .gradients import local_derivative, sweep_all

Kind = Literal["parameter", "input", "step", "cost", "group", "more"]
Passes = Literal["forward", "backward", "both"]

RELEASED = (
    "backward has released this graph, so only its result is left: draw before backward, or call "
    "backward(retain_graph=True)."
)
ELSEWHERE = "its .grad holds something else: gradients of other backward passes were added to it"

LONGEST = 80  # characters of a name


@dataclass
class Vertex:
    """A parameter, an input, a result or a group; `name` is the user's if `given`, else made up."""

    key: int
    kind: Kind
    name: str
    given: bool = True
    node: Node | None = None
    op: str = ""
    expression: str = ""
    value: Any = None
    gradient: Any = None
    line: str | None = None
    group: str | None = None
    note: str = ""
    members: list[Vertex] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """Return whether it is a parameter or an input, which no call computed."""
        return self.kind in ("parameter", "input")


@dataclass
class Edge:
    """Argument number `position` of `target`, and the gradient passed along it."""

    source: int
    target: int
    position: int
    local: float | None = None  # d target / d source, if both have one element
    passed: Any = None


@dataclass
class Picture:
    """Vertices (oldest first), edges, layers in order, and notes for the reader."""

    vertices: list[Vertex]
    edges: list[Edge]
    root: int
    passes: Passes
    groups: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    values: bool = True  # whether values are known, or only their shapes

    def __post_init__(self) -> None:
        self.by_key: dict[Any, Vertex] = {v.key: v for v in self.vertices}
        self._in: dict[int, list[Edge]] = {}
        self._out: dict[int, list[Edge]] = {}
        for edge in self.edges:
            self._in.setdefault(edge.target, []).append(edge)
            self._out.setdefault(edge.source, []).append(edge)

    def incoming(self, key: int) -> list[Edge]:
        """Return the edges into a vertex: its arguments."""
        return self._in.get(key, [])

    def outgoing(self, key: int) -> list[Edge]:
        """Return the edges out of a vertex: its uses."""
        return self._out.get(key, [])

    def argument_names(self, v: Vertex) -> list[str | None]:
        """Return the names of a call's arguments, None for one that has no vertex."""
        named = {e.position: self.by_key[e.source].name for e in self.incoming(v.key)}
        return [named.get(i) for i in range(len(v.node.args) if v.node else 0)]

    @property
    def has_gradients(self) -> bool:
        """Return whether any gradient is known."""
        return any(v.gradient is not None for v in self.vertices)


def read(
    tensor: Any, seen: UserNames, passes: Passes | None, gradient: Any = None, asked: bool = False
) -> Picture:
    """Return the picture of everything that `tensor` was computed from.

    Gradients are computed if `asked` or if `passes` names the backward pass. If `passes` is None,
    they are also shown if backward has been run, and a dash stands for each of them otherwise.
    """
    root: Node | None = tensor._node
    if root is None:
        name = tensor._name or seen.name_of_array(tensor._data) or "constant"
        alone = Vertex(0, "input", one_line(name), value=tensor._data)
        note = "nothing was recorded: no Tensor with requires_grad=True went into this one."
        return Picture([alone], [], 0, "forward", notes=[note])
    nodes = reachable(root)
    picture = vertices_and_edges(nodes, seen, passes or "both")
    if root.rule is not None and not root.args:
        picture.notes.append(RELEASED)
        return picture
    asked = asked or passes is not None or gradient is not None
    if passes != "forward" and (asked or (np.size(tensor._data) == 1 and was_swept(nodes))):
        add_gradients(picture, nodes, tensor._starting_gradient(gradient), asked)
    return picture


def vertices_and_edges(nodes: list[Node], seen: UserNames, passes: Passes) -> Picture:
    """Make one vertex per node and per constant array, in the order in which they were made."""
    root = nodes[0]
    keys: dict[Node | int, int] = {}  # of nodes, and of constants by their id
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    for node in reversed(nodes):
        sources: list[tuple[int, int]] = []
        for i, arg in enumerate(node.args):
            parent = node.parents[i] if i < len(node.parents) else None
            if parent is not None:
                sources.append((keys[parent], i))
            elif is_array(arg) and node.rule is not PICK:
                if id(arg) not in keys:
                    keys[id(arg)] = len(vertices)
                    name = seen.name_of_array(arg)
                    constant = Vertex(len(vertices), "input", name or "", bool(name), value=arg)
                    vertices.append(constant)
                sources.append((keys[id(arg)], i))
        kind: Kind = "parameter" if node.rule is None else "step"
        if node is root and node.rule is not None and size_of(node.out) == 1:
            kind = "cost"
        name = seen.name_of(node) or ""
        vertex = Vertex(len(vertices), kind, name, bool(name), node, op_name(node), value=node.out)
        if node.meta is not None:
            vertex.line = node.meta.line
            vertex.note = "its hooks are not run for a drawing" if node.meta.hooks else ""
        keys[node] = vertex.key
        vertices.append(vertex)
        edges += [Edge(source, vertex.key, i) for source, i in sources]
    picture = Picture(vertices, edges, keys[root], passes)
    picture.calls = sum(not v.ends for v in vertices)
    name_all(picture)
    for vertex in vertices:
        if vertex.node is not None:
            vertex.expression = expression(vertex.node, picture.argument_names(vertex))
    return picture


def is_array(x: Any) -> bool:
    """Return whether a constant is drawn as a vertex: it has several elements."""
    return hasattr(x, "__array_function__") and np.size(x) > 1 and not isinstance(x, np.generic)


def size_of(out: Any) -> int:
    """Return the number of elements of an output; 0 for a call that returns several arrays."""
    return 0 if isinstance(out, tuple) else int(np.size(out))


def one_line(name: str) -> str:
    """Return a name in one line of at most LONGEST characters.

    >>> one_line("two\\nlines"), len(one_line("x" * 100))
    ('two lines', 80)
    """
    text = " ".join(name.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def name_all(picture: Picture) -> None:
    """Append numbers to names that occur twice or more, and name vertices that have no name."""
    named: dict[str, list[Vertex]] = {}
    for vertex in picture.vertices:
        vertex.name = one_line(vertex.name)
        if vertex.name:
            named.setdefault(vertex.name, []).append(vertex)
    taken = set(named)
    for name, same in named.items():
        if len(same) > 1:
            numbered = [f"{name}{i}" for i in range(1, len(same) + 1)]
            if taken.intersection(numbered) or name[-1].isdigit():
                numbered = [f"{name}#{i}" for i in range(1, len(same) + 1)]
            for vertex, new in zip(same, numbered, strict=True):
                vertex.name = new
            taken.update(numbered)
    count: Counter[str] = Counter()
    for vertex in picture.vertices:
        if not vertex.name and vertex.kind == "cost" and "J" not in taken:
            vertex.name = "J"
        letter = {"input": "k", "parameter": "v"}.get(vertex.kind, "t")
        while not vertex.name:
            count[letter] += 1
            made_up = f"{letter}{count[letter]}"
            vertex.name = "" if made_up in taken else made_up


def add_gradients(picture: Picture, nodes: list[Node], g: Any, asked: bool) -> None:
    """Fill in gradients, if they were asked for or if a backward pass has left the same ones."""
    try:
        found = sweep_all(nodes, getattr(g, "_data", g))
    except GraphError as error:
        picture.notes.append(f"No gradients: {error}")
        return
    agree = {
        node: np.allclose(kept, d, equal_nan=True)
        for node, d in found.total.items()
        if (kept := kept_gradient(node)) is not None
    }
    if not (asked or is_swept(nodes[0]) or any(agree.values())):
        return
    for vertex in picture.vertices:
        vertex.gradient = None if vertex.node is None else found.total.get(vertex.node)
        if vertex.node is not None and not agree.get(vertex.node, True):
            vertex.note = ELSEWHERE
    for edge in picture.edges:
        made = picture.by_key[edge.target].node
        assert made is not None
        edge.passed = found.passed.get((made, edge.position))
        if edge.passed is not None and size_of(made.out) == 1 and size_of(edge.passed) == 1:
            local = local_derivative(made, edge.position)
            edge.local = None if local is None else local.item()


def is_swept(root: Node) -> bool:
    """Return whether backward was run from here, without retain_graph."""
    return root.meta is not None and root.meta.released


def was_swept(nodes: list[Node]) -> bool:
    """Return whether a backward pass may have come through these nodes."""
    return is_swept(nodes[0]) or any(kept_gradient(node) is not None for node in nodes)


def kept_gradient(node: Node) -> Any:
    """Return the `.grad` of the Tensor of a node."""
    tensor = node.meta and node.meta.sink and node.meta.sink()
    kept = getattr(tensor, "_grad", None)
    return getattr(kept, "_data", kept)
