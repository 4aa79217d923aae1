"""The sweep: the chain rule, the only place where gradients are added and broadcasting is undone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from .errors import AnomalyError, GraphError, ShapeError
from .graph import Node, describe, fingerprint, modes
from .registry import RULES, primitive

float64 = np.float64
ndarray = np.ndarray

Lift = Callable[[Any, Node], Any]


@primitive(lambda g, y, parts, i: None)
def pick(parts: tuple[Any, ...], i: int) -> Any:
    """Output number i of a call that gives several; the sweep itself is its rule."""
    return parts[i]


PICK = RULES[pick]


def backpropagate(
    nodes: list[Node], g: Any, lift: Lift | None = None, wanted: Collection[Node] | None = None
) -> dict[Node, Any]:
    """`sweep`, made right where a branch not taken holds nan or infinity.

    `np.where(x > 0, np.log(x), 0)` sends zero into log, whose slope at 0 is infinite: plain
    arithmetic gives 0 * inf = nan, the derivative is 0. If a nan comes out, sweep once more with
    zero times anything being zero.
    """
    with np.errstate(all="ignore"):  # the caller sees the gradient, not its intermediate steps
        found = sweep(nodes, g, lift, wanted)
        if any([has_nan(d) for d in found.values()]):
            found = sweep(nodes, g, lift, wanted, strong=True)
    return found


def sweep(
    nodes: list[Node],
    g: Any,
    lift: Lift | None = None,
    wanted: Collection[Node] | None = None,
    strong: bool = False,
) -> dict[Node, Any]:
    """Send the gradient `g` of nodes[0] back through the graph, newest call first.

    Gives the gradient of every leaf and every node that asked for it; of `wanted` alone when that
    is given. Rules are fed raw arrays, or what `lift(array, node)` makes of them (Tensors, for
    derivatives of derivatives). `strong` makes zero times infinity zero: see `backpropagate`.
    """
    alive = None if wanted is None else depending(nodes, wanted)
    grads: dict[Node, Any] = {nodes[0]: g}
    found: dict[Node, Any] = {}
    anomaly = modes.anomaly
    for node in nodes:
        g = grads.pop(node, None)
        if g is None:
            continue
        rule, notes = node.rule, node.notes
        if notes is not None:
            g = run_hooks(g, node)
        if rule is None or (wanted is not None and node in wanted):
            found[node] = g
        if rule is None:
            continue
        if notes is not None and notes.sink is not None:
            found[node] = g
        if node.saved is not None:
            check_unwritten(node)
        args, y, parents = node.args, node.out, node.parents
        if rule is PICK:  # one of several outputs: their gradients wait for each other
            parts = grads.setdefault(parents[0], [None] * len(args[0]))  # type: ignore[arg-type]
            i = args[1]
            parts[i] = g if parts[i] is None else parts[i] + g
            continue
        if type(y) is tuple:
            g = tuple(np.zeros_like(o) if p is None else p for p, o in zip(g, y, strict=True))
        inputs = args
        if lift is not None:
            args = tuple(
                a if p is None else lift(a, p) for a, p in zip(args, parents, strict=True)
            )
            y = tuple(y) if type(y) is tuple else lift(y, node)
        for vjp, parent, a in zip(rule.vjps_for(parents), parents, inputs, strict=False):
            if parent is None or (alive is not None and parent not in alive):
                continue
            d = vjp(g, y, *args, **node.kwargs)
            if type(d) is not float64 or type(a) is not float64:
                if type(d) is not ndarray:
                    d = d if hasattr(d, "shape") else np.asarray(d)
                if strong:
                    d = with_strong_zero(d, g, rule.elementwise)
                if d.shape != a.shape:
                    d = unbroadcast(d, a.shape)
                if d.dtype is not a.dtype and d.dtype != a.dtype:
                    d = cast(d, a.dtype)
                if parent.rule is None and (d is g or getattr(d, "base", None) is not None):
                    d = d + 0  # a leaf's gradient is its own memory
            if anomaly:
                check_finite(d, node)
            earlier = grads.get(parent)
            grads[parent] = d if earlier is None else earlier + d
    return found


def depending(nodes: list[Node], wanted: Collection[Node]) -> set[Node]:
    """Those of `nodes` (newest first) through which a gradient can reach one of `wanted`."""
    alive = set(wanted)
    for node in reversed(nodes):
        if any(parent in alive for parent in node.parents):
            alive.add(node)
    return alive


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sum `d` over the axes along which an operand of this `shape` was repeated."""
    extra = d.ndim - len(shape)
    if extra < 0 or any(n != 1 and m != n for n, m in zip(shape, d.shape[extra:], strict=True)):
        if d.size > 1 and extra > 0:
            raise ShapeError(f"a rule gave a gradient of shape {d.shape} for an input of {shape}.")
        return np.broadcast_to(d, shape)
    axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1))
    if type(d) is ndarray:
        d = np.add.reduce(d, axes, keepdims=True)
    else:
        d = np.sum(d, axis=axes, keepdims=True)
    return d.reshape(shape) if extra else d


def cast(d: Any, dtype: Any) -> Any:
    """The gradient in the type of what it belongs to; of a real input, the real part."""
    if d.dtype.kind == "c" and dtype.kind != "c":
        d = np.real(d)
    return d.astype(dtype)


def with_strong_zero(d: Any, g: Any, elementwise: bool) -> Any:
    """`d` with its nan replaced by zero wherever no gradient came in."""
    if not np.isnan(d).any():
        return d
    if type(g) is tuple:
        return d
    nothing = g == 0
    if elementwise and g.shape == d.shape:
        return np.where(nothing, 0, d)
    return np.zeros_like(d) if nothing.all() else d


def has_nan(d: Any) -> bool:
    """Whether an array of NumPy's holds a nan; one pass, and a quick one for float64."""
    d = raw(d)
    if not isinstance(d, ndarray | np.generic):
        return False  # a recorder, or a lazy array: its numbers are not here
    flat = d.ravel()
    return bool(np.isnan(np.dot(flat, flat))) and bool(np.isnan(flat).any())


def check_unwritten(node: Node) -> None:
    """Raise GraphError if an array that the rule will read was written to since the call."""
    assert node.saved is not None
    for i, print_then in node.saved:
        if fingerprint(node.args[i]) != print_then:
            raise GraphError(
                f"an array that backward needs was written to after the forward pass: argument "
                f"{i + 1} of {describe(node)}. Write into it after backward, or give the forward "
                f"pass a copy."
            )


def run_hooks(g: Any, node: Node) -> Any:
    """What the hooks of a node make of its gradient."""
    for hook in (node.notes and node.notes.hooks) or ():
        changed = hook(g)
        if changed is not None:
            if changed.shape != g.shape:
                raise ShapeError(f"a hook gave shape {changed.shape} for a gradient of {g.shape}.")
            g = changed
    return g


def check_finite(d: Any, node: Node) -> None:
    """Raise AnomalyError when the gradient just computed holds a nan or an infinity."""
    d = raw(d)
    if not np.isfinite(d).all():
        what = "nan" if np.isnan(d).any() else "inf"
        raise AnomalyError(
            f"backward of {describe(node)} made the first {what}. Look at the values it was "
            f"given: a zero, a negative number or an overflow there is the usual cause."
        )


def raw(d: Any) -> Any:
    """The array inside a Tensor; anything else as it is."""
    return getattr(d, "__autograd_data__", d)
