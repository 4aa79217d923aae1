"""A graph as it is drawn: vertices with names, values and gradients, edges, layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..advice.user_names import UserNames
from ..engine.backward import PICK
from ..engine.graph import Node, reachable
from ..errors import GraphError
from .expressions import expression, op_name
from .gradients import Sweep, local_derivative, sweep_all

Kind = Literal["parameter", "input", "step", "cost", "group", "more"]
Passes = Literal["forward", "backward", "both"]

RELEASED = (
    "backward has let go of this graph, so only its end is left: draw before backward, or call "
    "backward(retain_graph=True)."
)
ELSEWHERE = "its .grad holds something else: gradients of other passes were added to it"

LONGEST = 80  # characters of a name


@dataclass
class Vertex:
    """One thing in the picture. `name` is the user's where `given`, else one made up here."""

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
        """Whether nothing was computed to get it: a parameter or an input."""
        return self.kind in ("parameter", "input")


@dataclass
class Edge:
    """Argument number `position` of `target`, and what the pass back sends along it."""

    source: int
    target: int
    position: int
    local: float | None = None  # d target / d source, where both are single numbers
    passed: Any = None


@dataclass
class Picture:
    """Vertices oldest first, edges, layers in order, and sentences for the reader."""

    vertices: list[Vertex]
    edges: list[Edge]
    root: int
    passes: Passes
    groups: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    values: bool = True  # whether numbers are known, or only their shapes

    def __post_init__(self) -> None:
        self.by_key = {v.key: v for v in self.vertices}
        self._in: dict[int, list[Edge]] = {}
        self._out: dict[int, list[Edge]] = {}
        for edge in self.edges:
            self._in.setdefault(edge.target, []).append(edge)
            self._out.setdefault(edge.source, []).append(edge)

    def incoming(self, key: int) -> list[Edge]:
        """The edges into a vertex: its arguments."""
        return self._in.get(key, [])

    def outgoing(self, key: int) -> list[Edge]:
        """The edges out of a vertex: its uses."""
        return self._out.get(key, [])

    def argument_names(self, v: Vertex) -> list[str | None]:
        """Return the names of a call's arguments, None for one that has no vertex."""
        named = {e.position: self.by_key[e.source].name for e in self.incoming(v.key)}
        return [named.get(i) for i in range(len(v.node.args) if v.node else 0)]

    @property
    def has_gradients(self) -> bool:
        """Whether any gradient is known."""
        return any(v.gradient is not None for v in self.vertices)


def read(
    tensor: Any, seen: UserNames, passes: Passes | None, gradient: Any = None, ran: bool = False
) -> Picture:
    """The picture of everything that `tensor` was computed from.

    `passes` None means both, with gradients where backward has been run (or `ran`), else dashes.
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
    if passes != "forward":
        add_gradients(picture, nodes, tensor, gradient, passes is not None or ran)
    return picture


def vertices_and_edges(nodes: list[Node], seen: UserNames, passes: Passes) -> Picture:
    """One vertex per node and per constant array, in the order in which they came to be."""
    root = nodes[0]
    keys: dict[Node, int] = {}
    constants: dict[int, int] = {}
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    for node in reversed(nodes):
        incoming: list[tuple[int, int]] = []
        for i, arg in enumerate(node.args):
            parent = node.parents[i] if i < len(node.parents) else None
            if parent is not None:
                incoming.append((keys[parent], i))
            elif is_array(arg) and node.rule is not PICK:
                if id(arg) not in constants:
                    constants[id(arg)] = len(vertices)
                    name = seen.name_of_array(arg)
                    vertices.append(
                        Vertex(len(vertices), "input", name or "", name is not None, value=arg)
                    )
                incoming.append((constants[id(arg)], i))
        kind: Kind = "parameter" if node.rule is None else "step"
        if node is root and node.rule is not None and size_of(node.out) == 1:
            kind = "cost"
        vertex = Vertex(len(vertices), kind, seen.name_of(node) or "", node=node, value=node.out)
        vertex.given = bool(vertex.name)
        vertex.op = op_name(node)
        vertex.line = node.meta.line if node.meta else None
        if node.meta is not None and node.meta.hooks:
            vertex.note = "its hooks are not run for a drawing"
        keys[node] = vertex.key
        vertices.append(vertex)
        edges += [Edge(source, vertex.key, i) for source, i in incoming]
    picture = Picture(vertices, edges, keys[root], passes)
    picture.calls = sum(not v.ends for v in vertices)
    name_all(picture)
    return picture


def is_array(x: Any) -> bool:
    """Whether a constant deserves a vertex: more than one number."""
    return hasattr(x, "__array_function__") and np.size(x) > 1 and not isinstance(x, np.generic)


def size_of(out: Any) -> int:
    """How many numbers an output has; 0 for a call that gives several arrays."""
    return 0 if isinstance(out, tuple) else int(np.size(out))


def one_line(name: str) -> str:
    """A name as it fits a vertex: one line, of at most LONGEST characters.

    >>> one_line("two\\nlines"), len(one_line("x" * 100))
    ('two lines', 80)
    """
    text = " ".join(name.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def name_all(picture: Picture) -> None:
    """Number names that come twice, make names up where there are none, and write expressions."""
    twice: dict[str, list[Vertex]] = {}
    for vertex in picture.vertices:
        vertex.name = one_line(vertex.name)
        if vertex.name:
            twice.setdefault(vertex.name, []).append(vertex)
    taken = set(twice)
    for name, same in twice.items():
        if len(same) > 1:
            numbered = [f"{name}{i}" for i in range(1, len(same) + 1)]
            if taken.intersection(numbered) or name[-1].isdigit():
                numbered = [f"{name}#{i}" for i in range(1, len(same) + 1)]
            for vertex, new in zip(same, numbered, strict=True):
                vertex.name = new
            taken.update(numbered)
    counts = {"t": 0, "k": 0, "v": 0}
    for vertex in picture.vertices:
        if not vertex.name and vertex.kind == "cost" and "J" not in taken:
            vertex.name = "J"
        while not vertex.name:
            letter = {"input": "k", "parameter": "v"}.get(vertex.kind, "t")
            counts[letter] += 1
            made_up = f"{letter}{counts[letter]}"
            vertex.name = "" if made_up in taken else made_up
    for vertex in picture.vertices:
        if vertex.node is not None:
            vertex.expression = expression(vertex.node, picture.argument_names(vertex))


def add_gradients(
    picture: Picture, nodes: list[Node], tensor: Any, gradient: Any, asked: bool
) -> None:
    """Fill in gradients when they were asked for, or when backward has computed them before."""
    if not asked and gradient is None and (np.size(tensor._data) != 1 or not was_swept(nodes)):
        return
    g = tensor._starting_gradient(gradient)
    try:
        found = sweep_all(nodes, getattr(g, "_data", g))
    except GraphError as error:
        picture.notes.append(f"No gradients: {error}")
        return
    if not asked and gradient is None and not is_swept(nodes[0]) and not in_grad(nodes, found):
        return
    keys = {v.node: v.key for v in picture.vertices if v.node is not None}
    for node, d in found.total.items():
        picture.by_key[keys[node]].gradient = d
    for edge in picture.edges:
        made = picture.by_key[edge.target].node
        assert made is not None
        edge.passed = found.passed.get((made, edge.position))
        if edge.passed is not None and size_of(made.out) == 1 and size_of(edge.passed) == 1:
            local = local_derivative(made, edge.position)
            edge.local = None if local is None else local.item()
    for node in nodes:
        kept = kept_gradient(node)
        d = found.total.get(node)
        if kept is not None and d is not None and not np.allclose(kept, d, equal_nan=True):
            picture.by_key[keys[node]].note = ELSEWHERE


def is_swept(root: Node) -> bool:
    """Whether backward went through from here, without retain_graph."""
    return root.meta is not None and root.meta.swept


def was_swept(nodes: list[Node]) -> bool:
    """Whether a backward may have come through here."""
    return is_swept(nodes[0]) or any(kept_gradient(node) is not None for node in nodes)


def in_grad(nodes: list[Node], found: Sweep) -> bool:
    """Whether some `.grad` holds just the gradient found: backward was run with retain_graph."""
    for node in nodes:
        kept, d = kept_gradient(node), found.total.get(node)
        if kept is not None and d is not None and np.allclose(kept, d, equal_nan=True):
            return True
    return False


def kept_gradient(node: Node) -> Any:
    """The `.grad` that the Tensor of this node holds."""
    tensor = node.meta and node.meta.sink and node.meta.sink()
    kept = getattr(tensor, "_grad", None)
    return getattr(kept, "_data", kept)
