"""The gradient of every node, and what came in along every edge, by the engine's own sweep.

The sweep adds gradients as they arrive. To see them one by one, the graph is copied with an
identity on every edge: the gradient of that identity is what the edge carries. Nothing of the
user's graph is touched, no `.grad`, and no hook is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine.backward import PICK, backpropagate, unbroadcast
from ..engine.graph import Node, modes
from ..rules.registry import RULES

_IDENTITY = RULES[np.positive]


@dataclass
class Sweep:
    """What one pass back found: per node its gradient, per (node, argument) what was passed on."""

    total: dict[Node, Any] = field(default_factory=dict)
    passed: dict[tuple[Node, int], Any] = field(default_factory=dict)


def sweep_all(nodes: list[Node], g: Any) -> Sweep:
    """Gradients of `nodes[0]`, which has gradient g, for all of `nodes` (newest first).

    >>> from autograd_lite import Tensor
    >>> from autograd_lite.engine.graph import reachable
    >>> x = Tensor(3.0, requires_grad=True)
    >>> found = sweep_all(reachable((x * x)._node), np.float64(1))
    >>> [float(d) for d in found.passed.values()], float(found.total[x._node])
    ([3.0, 3.0], 6.0)
    """
    twins: dict[Node, Node] = {}
    on_edge: dict[tuple[Node, int], Node] = {}
    for node in reversed(nodes):
        parents: list[Node | None] = []
        for i, parent in enumerate(node.parents):
            twin = None if parent is None else twins[parent]
            if twin is not None and node.rule is not PICK:
                twin = Node(_IDENTITY, (node.args[i],), {}, node.args[i], (twin,))
                on_edge[node, i] = twin
            parents.append(twin)
        twins[node] = Node(node.rule, node.args, node.kwargs, node.out, tuple(parents))
        twins[node].saved = node.saved
    newest_first = sorted([*twins.values(), *on_edge.values()], key=_by_order, reverse=True)
    found: dict[Node, Any] = {}
    observer, modes.observer = modes.observer, found.__setitem__
    try:
        backpropagate(newest_first, g)
    finally:
        modes.observer = observer
    result = Sweep()
    for node, twin in twins.items():
        d = found.get(twin)
        if d is not None and not isinstance(d, list):
            result.total[node] = d
        if node.rule is PICK and d is not None:
            result.passed[node, 0] = d
    for edge, twin in on_edge.items():
        if twin in found:
            result.passed[edge] = found[twin]
    return result


def _by_order(node: Node) -> int:
    return node.order


def local_derivative(node: Node, i: int) -> Any:
    """d(output)/d(argument i), number by number; None where it is no elementwise function.

    >>> from autograd_lite import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> local_derivative((x * x)._node, 0)
    array([1., 2.])
    """
    rule = node.rule
    if rule is None or rule is PICK or not node.args or isinstance(node.out, tuple):
        return None
    one_to_one = np.size(node.out) == 1 and np.size(node.args[i]) == 1
    if not (rule.elementwise or one_to_one):
        return None
    vjps = list(rule.vjps_for(node.parents))
    if i >= len(vjps) or vjps[i] is None:
        return None
    with np.errstate(all="ignore"):
        d = vjps[i](np.ones_like(node.out), node.out, *node.args, **node.kwargs)
    d = d if hasattr(d, "shape") else np.asarray(d)
    if one_to_one and d.shape != np.shape(node.args[i]):
        d = unbroadcast(d, np.shape(node.args[i]))
    return d
