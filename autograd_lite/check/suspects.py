"""The search for the wrong rule: every recorded call of a computation is checked by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.backward import PICK
from ..engine.graph import Node, describe, reachable
from ..engine.modes import modes
from ..engine.tensor import Tensor
from ..errors import AutogradError
from ..rules.linalg import symmetric
from ..rules.registry import printed_name
from ..transforms.pullback import bundled
from ..transforms.trace import Trace
from .comparison import Comparison
from .report import Finding

MOST = 200  # calls that are checked
ONE_TRIANGLE = (np.linalg.cholesky, np.linalg.eigh)


def suspects(f: Callable[..., Any], points: Sequence[Any], order: int, rtol: float) -> list[str]:
    """Return a sentence for every rule in f(*points) that is wrong by itself, up to this order."""
    with Trace() as trace:
        before = modes.update(lines=True)
        try:
            results = pytree.leaves(f(*[trace.enter(p) for p in points]))
        finally:
            modes.update(**before)
    tied = [t for t in results if type(t) is Tensor and t._node is not None]
    if not tied:
        return ["No gradient reaches the arguments: f works on data taken out of the graph."]
    found = [
        reads_one_triangle(node, order, rtol) or at_fault(node, one)
        for node in different(reachable(bundled(tied))[1:])
        for one in wrong_by_itself(node, order, rtol)
    ]
    return list(dict.fromkeys(found)) or [
        "Every rule in this computation is right by itself, so something is lost between the "
        "calls: data taken out of the graph (.data, .item(), float(), no_grad) is the usual cause."
    ]


def different(nodes: list[Node]) -> Iterator[Node]:
    """Yield calls, oldest first, but only one for each function and shapes of its arguments."""
    seen: set[Any] = set()
    for node in reversed(nodes):
        if node.rule is None or node.rule is PICK or "replay" in node.kwargs:
            continue
        kind = (node.rule.fn, *[np.shape(a) for a in node.args])
        if kind not in seen and len(seen) < MOST:
            seen.add(kind)
            yield node


def wrong_by_itself(node: Node, order: int, rtol: float, hermitian: bool = False) -> list[Finding]:
    """Return the wrong derivatives of one call; with `hermitian`, on the Hermitian part."""
    rule = node.rule
    assert rule is not None
    tied = [i for i, parent in enumerate(node.parents) if parent is not None]
    known = rule.signature.names
    names = [known[i] if i < len(known) else f"argument {i}" for i in tied]

    def call(*arrays: Any) -> Any:
        args = list(node.args)
        for i, a in zip(tied, arrays, strict=True):
            args[i] = symmetric(a) if hermitian else a
        return rule.fn(*args, **node.kwargs)

    points = [np.asarray(node.args[i]) for i in tied]
    try:
        comparison = Comparison(call, points, names, rtol, 0, np.random.default_rng(0))
        for _, one in zip(range(order), comparison.orders(), strict=False):
            wrong = [found for found in one.findings() if found.verdict == "wrong"]
            if wrong:
                return wrong
    except AutogradError:  # it cannot be called on its own; another call will show the mistake
        pass
    return []


def reads_one_triangle(node: Node, order: int, rtol: float) -> str:
    """Return a sentence if only a convention differs: the function reads one triangle; else ""."""
    assert node.rule is not None
    if node.rule.fn not in ONE_TRIANGLE or wrong_by_itself(node, order, rtol, hermitian=True):
        return ""
    return (
        f"No rule is at fault: {printed_name(node.rule.fn)} reads one triangle of its matrix, and "
        f"by convention its gradient is that of a Hermitian one, the same in both. Check it on "
        f"(a + a.T) / 2, with a.T.conj() if a is complex; the rule agrees there."
    )


def at_fault(node: Node, one: Finding) -> str:
    """Return the sentence about one wrong derivative of one call."""
    assert node.rule is not None
    higher = f", differentiated {one.order} times" if one.order > 1 else ""
    return (
        f"At fault: the rule of {printed_name(node.rule.fn)} for its argument {one.name}{higher}, "
        f"in the call {describe(node)}."
    )
