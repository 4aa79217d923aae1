"""The sweep: the chain rule, the only place that adds gradients and undoes broadcasting."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from ..errors import AnomalyError, GraphError, ShapeError
from ..rules.devices import beside, foreign, lazy
from ..rules.indexing import getitem, scatter_into
from ..rules.registry import RULES, primitive
from . import hooks
from .graph import Node, describe, fingerprint, modes

float64 = np.float64
_ONE = float64(1)
ndarray = np.ndarray

Lift = Callable[[Any, Node], Any]


@primitive(lambda g, y, parts, i: None)
def pick(parts: tuple[Any, ...], i: int) -> Any:
    """Output number i of a call that gives several; the sweep itself is its rule."""
    return parts[i]


PICK = RULES[pick]
GETITEM = RULES[getitem]


def backpropagate(
    nodes: list[Node], g: Any, lift: Lift | None = None, wanted: Collection[Node] | None = None
) -> dict[Node, Any]:
    """`sweep`, made right where a branch not taken holds nan or infinity.

    `np.where(x > 0, np.log(x), 0)` sends zero into log, whose slope at 0 is infinite: plain
    arithmetic gives 0 * inf = nan, the derivative is 0. If a nan comes out, sweep once more with
    zero times anything being zero. Of numbers that are not computed yet nobody knows, so that is
    done at once.
    """
    if type(g) is not float64 and lazy(g):
        return sweep(nodes, g, lift, wanted, strong=True)
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
    alive = None
    if wanted is not None and not all([n in wanted for n in nodes if n.rule is None]):
        alive = depending(nodes, wanted)
    grads: dict[Node, Any] = {nodes[0]: g}
    found: dict[Node, Any] = {}
    owned: set[Node] = set()
    anomaly, observer = modes.anomaly, modes.observer
    for node in nodes:
        g = grads.pop(node, None)
        if g is None:
            continue
        rule, parents = node.rule, node.parents
        if node.meta is not None:
            g = arrive(g, node, found)
        if observer is not None:
            observer(node, g)
        if rule is None or (wanted is not None and node in wanted):
            found[node] = g  # what is differentiated by is independent: the way ends here
            continue
        if node.saved is not None:
            check_unwritten(node)
        if rule is PICK:
            wait_for_others(grads, node, g)
            continue
        args, y, kwargs = node.args, node.out, node.kwargs
        if lift is not None or type(y) is tuple:
            args, y, g = operands(node, g, lift)
        vjps = rule.vjps if rule.plain else rule.vjps_for(parents)
        pieces = rule is GETITEM and lift is None
        for vjp, parent, a in zip(vjps, parents, node.args):  # noqa: B905 (strict= takes time)
            if parent is None or (alive is not None and parent not in alive):
                continue
            if pieces and type(a) is ndarray and a.shape and a.dtype == g.dtype:
                add_in_place(grads, owned, parent, a.shape, g, args[1])
                continue
            d = vjp(g, y, *args, **kwargs) if kwargs else vjp(g, y, *args)
            # The gradient of an input has the input's shape and type, and shares no memory.
            if type(d) is ndarray:
                if (
                    d.shape != a.shape
                    or d.dtype is not a.dtype
                    or strong
                    or (parent.rule is None and (d is g or d.base is not None))
                ):
                    d = fit(d, g, a, node, strong, parent)
            elif type(d) is not float64 or type(a) is not float64 or strong:
                d = fit(d, g, a, node, strong, parent)
            if anomaly:
                check_finite(d, node)
            earlier = grads.get(parent)
            grads[parent] = d if earlier is None else earlier + d
    return found


def arrive(g: Any, node: Node, found: dict[Node, Any]) -> Any:
    """A gradient that is complete: run the node's hooks on it, keep it if a Tensor asked."""
    assert node.meta is not None
    if node.meta.swept:
        raise GraphError(
            f"backward a second time through the same graph, in which lies {describe(node)}. Run "
            f"the forward pass again, or call the first backward with retain_graph=True."
        )
    for hook in node.meta.hooks or ():
        changed = hook(g)
        if changed is not None:
            if changed.shape != g.shape:
                raise ShapeError(f"a hook gave shape {changed.shape} for a gradient of {g.shape}.")
            g = changed
    if node.meta.sink is not None:
        found[node] = g
    return g


def wait_for_others(grads: dict[Node, Any], node: Node, g: Any) -> None:
    """Lay the gradient of one of several outputs beside those of the others."""
    parts, i = node.args
    parent = node.parents[0]
    assert parent is not None
    waiting = grads.setdefault(parent, [None] * len(parts))
    waiting[i] = g if waiting[i] is None else waiting[i] + g


def operands(node: Node, g: Any, lift: Lift | None) -> tuple[tuple[Any, ...], Any, Any]:
    """Arguments, output and gradient of a call, as its rule is to see them."""
    args, y = node.args, node.out
    if type(y) is tuple:
        sparse = node.rule is not None and node.rule.sparse
        g = tuple(
            np.zeros_like(o) if p is None and not sparse else p for p, o in zip(g, y, strict=True)
        )
    if lift is not None:
        args = tuple(
            a if p is None else lift(a, p) for a, p in zip(args, node.parents, strict=True)
        )
        y = lift(y, node) if type(y) is not tuple else lift_outputs(y, node, lift)
    return args, y, g


def lift_outputs(y: tuple[Any, ...], node: Node, lift: Lift) -> tuple[Any, ...]:
    """The outputs of a call that gives several, each tied to its number."""
    return tuple(
        lift(o, Node(PICK, (y, i), {}, o, (node, None))) if o.dtype.kind in "fc" else o
        for i, o in enumerate(y)
    )


def add_in_place(
    grads: dict[Node, Any], owned: set[Node], parent: Node, shape: Any, g: Any, index: Any
) -> None:
    """Add `g` at `index` of one buffer for all the pieces that were taken from an array.

    A loop over the elements of an array of n numbers so costs n, not n * n.
    """
    if parent not in owned:
        owned.add(parent)
        buffer = np.zeros(shape, g.dtype)
        if parent in grads:
            buffer = buffer + grads[parent]
        grads[parent] = buffer
    scatter_into(grads[parent], index, g)


def fit(d: Any, g: Any, a: Any, node: Node, strong: bool, parent: Node) -> Any:
    """The gradient `d` in the shape and type of the input `a` it belongs to."""
    if not hasattr(d, "shape"):
        d = beside(a, d)
    if strong:
        assert node.rule is not None
        if node.rule.elementwise and parent.rule is not None and type(g) is not tuple:
            d = with_lost_slope(d, g, a, node.out)
        d = with_strong_zero(d, g, node.rule.elementwise)
    if d.shape != a.shape:
        if d.size == a.size * a.size:
            hooks.outer_broadcast(node, a)
        d = unbroadcast(d, a.shape)
    if d.dtype is not a.dtype and d.dtype != a.dtype:
        d = cast(d, a.dtype)
    if parent.rule is None and (d is g or getattr(d, "base", None) is not None):
        d = +d  # a leaf gets memory of its own; d + 0 would lose the sign of a zero
    return d


def depending(nodes: list[Node], wanted: Collection[Node]) -> set[Node]:
    """Those of `nodes` (newest first) through which a gradient can reach one of `wanted`."""
    alive = set(wanted)
    for node in reversed(nodes):
        for parent in node.parents:
            if parent in alive:
                alive.add(node)
                break
    return alive


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sum `d` over the axes along which an operand of this `shape` was repeated."""
    axes = repeated_axes(d.shape, shape)
    if axes is None:  # a rule may give one number where all are equal
        return np.broadcast_to(d, shape)
    if type(d) is ndarray:
        d = np.add.reduce(d, axes, keepdims=True)
    else:
        d = np.sum(d, axis=axes, keepdims=True)
    return d if d.shape == shape else d.reshape(shape)


@functools.lru_cache(maxsize=1024)
def repeated_axes(big: tuple[int, ...], small: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes along which broadcasting `small` to `big` repeated it; None if it is the bigger.

    >>> repeated_axes((5, 4, 3), (4, 1))
    (0, 2)
    """
    extra = len(big) - len(small)
    if extra < 0 or any(n not in (1, m) for n, m in zip(small, big[extra:], strict=True)):
        return None
    return (*range(extra), *(i + extra for i, n in enumerate(small) if n == 1 != big[i + extra]))


def cast(d: Any, dtype: Any) -> Any:
    """The gradient in the type of what it belongs to; of a real input, the real part."""
    if d.dtype.kind == "c" and dtype.kind != "c":
        d = np.real(d)
    return d.astype(dtype)


def with_strong_zero(d: Any, g: Any, elementwise: bool) -> Any:
    """`d` with its nan replaced by zero wherever no gradient came in."""
    if type(g) is tuple or not (lazy(d) or np.isnan(d).any()):
        return d
    nothing = g == 0
    if not elementwise or g.shape != d.shape:
        nothing = nothing.all()
    return np.where(np.isnan(d) & nothing, 0, d)


def with_lost_slope(d: Any, g: Any, a: Any, y: Any) -> Any:
    """`d` with nan where the slope is 1 / inf: that is no zero, but a number too small to be known.

    In log(exp(1000)) it meets exp's slope of infinity, and nothing says what their product is.
    """
    lost = (d == 0) & (g != 0) & np.isinf(a) & np.isinf(y)
    return np.where(lost, np.nan, d) if lazy(d) or np.any(lost) else d


def has_nan(d: Any) -> bool:
    """Whether an array whose numbers are there holds a nan."""
    if type(d) is not ndarray:
        d = raw(d)
    if type(d) is ndarray and d.dtype.kind == "f":
        # argmax finds a nan first, and is quick; only a nan differs from itself
        return d.size > 0 and (largest := d.item(d.argmax())) != largest
    if lazy(d) or hasattr(d, "__autograd_call__"):
        return False  # what records knows no numbers
    return bool(np.isnan(d).any())


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


def check_finite(d: Any, node: Node) -> None:
    """Raise AnomalyError when the gradient just computed holds a nan or an infinity."""
    d = raw(d)
    if not np.isfinite(d).all():
        what = "nan" if np.isnan(d).any() else "inf"
        raise AnomalyError(
            f"backward of {describe(node)} made the first {what}. Look at the values it was "
            f"given: a zero, a negative number or an overflow there is the usual cause."
        )


def seed(y: Any) -> Any:
    """The gradient of `y` with respect to itself: ones, of its kind and where its numbers are."""
    if type(y) is float64:
        return _ONE
    if not y.shape and not foreign(y):
        return y.dtype.type(1)  # computes faster than an array of one number
    return np.ones_like(y)


def raw(d: Any) -> Any:
    """The array inside a Tensor; anything else as it is."""
    return getattr(d, "__autograd_data__", d)
