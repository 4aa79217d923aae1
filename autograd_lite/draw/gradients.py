"""The gradient of every node, and what is passed along every edge, by the engine's own sweep.

The sweep adds gradients as they arrive. To observe them one by one, the graph is copied with an
identity on every edge: the gradient of that identity is what the edge carries. The user's graph,
its `.grad` and its hooks are not touched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.backward import PICK, backpropagate, unbroadcast
from ..engine.graph import Node, reachable
from ..engine.modes import observing
from ..rules.registry import RULES

_IDENTITY = RULES[np.positive]


class Gradients(NamedTuple):
    """The gradient of each node, and what each (node, argument number) passes on."""

    total: dict[Node, Any]
    passed: dict[tuple[Node, int], Any]


def sweep_all(nodes: list[Node], g: Any) -> Gradients:
    """Return the gradients of all `nodes` (newest first), given the gradient g of `nodes[0]`.

    >>> from autograd_lite import Tensor
    >>> x = Tensor(3.0, requires_grad=True)
    >>> found = sweep_all(reachable((x * x)._node), np.float64(1))
    >>> [float(d) for d in found.passed.values()], float(found.total[x._node])
    ([3.0, 3.0], 6.0)
    """
    twins: dict[Node, Node] = {}
    edges: dict[tuple[Node, int], Node] = {}
    for node in reversed(nodes):
        parents = [None if parent is None else twins[parent] for parent in node.parents]
        for i, twin in enumerate(parents):
            if twin is not None and node.rule is not PICK:
                edges[node, i] = Node(_IDENTITY, (node.args[i],), {}, node.args[i], (twin,))
                parents[i] = edges[node, i]
        twins[node] = Node(node.rule, node.args, node.kwargs, node.out, tuple(parents))
        twins[node].saved = node.saved
    found: dict[Node, Any] = {}
    with observing(found.__setitem__):
        backpropagate(reachable(twins[nodes[0]]), g)
    total = {
        node: found[twin]
        for node, twin in twins.items()
        if twin in found and not isinstance(found[twin], list)  # several outputs
    }
    passed = {edge: found[twin] for edge, twin in edges.items() if twin in found}
    passed |= {(node, 0): d for node, d in total.items() if node.rule is PICK}
    return Gradients(total, passed)


def local_derivative(node: Node, i: int) -> Any:
    """Return d(output)/d(argument i) of an elementwise call of real numbers, else None.

    >>> from autograd_lite import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> local_derivative((x * x)._node, 0)
    array([1., 2.])
    """
    rule = node.rule
    if rule is None or rule is PICK or not node.args or isinstance(node.out, tuple):
        return None
    one_to_one = np.size(node.out) == 1 and np.size(node.args[i]) == 1
    if not (rule.elementwise or one_to_one) or np.iscomplexobj(node.out):
        return None
    with np.errstate(all="ignore"):
        vjp = list(rule.vjps_for(node.parents))[i]
        d = np.asarray(vjp(np.ones_like(node.out), node.out, *node.args, **node.kwargs))
    return unbroadcast(d, np.shape(node.args[i])) if one_to_one else d
