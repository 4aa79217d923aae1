"""Explain shape errors: names, mismatched axes, fixes, and the source line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..engine.graph import Node
from ..errors import ShapeError
from ..rules.registry import Function, printed_name
from ..rules.traits import SIGNS
from .user_frames import user_line
from .user_names import names_of

Shape = tuple[int, ...]

_ABOUT_SHAPES = ("shape", "dimension", "broadcast", "size")


def explain(
    fn: Function, raw: Sequence[Any], error: ValueError, parents: Sequence[Node | None] = ()
) -> ValueError:
    """Return NumPy's error about shapes in the user's words; any other error as it is.

    `parents` are the nodes that made `raw`, or None. Names are looked up only here, after
    something has gone wrong: in `name=`, then in the variables of the user's function.
    """
    said = str(error).strip().rstrip(".")
    if type(error) is not ValueError or not any(word in said for word in _ABOUT_SHAPES):
        return error  # a LinAlgError, an AxisError
    names = names_of(raw, parents)
    shapes = [tuple(a.shape) if hasattr(a, "shape") else None for a in raw]
    line = user_line()
    at = f" ({line})" if line else ""
    if len(raw) == 2 and None not in shapes:
        a, b = shapes
        assert a is not None
        assert b is not None
        first = names[0] or "the first"
        second = names[1] or ("the second" if names[0] is None else "the other")
        what = f"{call_of(fn, names)}: {first} is {a}, {second} is {b}: "
        if fn in (np.matmul, np.dot) and a and b:
            return ShapeError(f"{what}{products(first, a, second, b)}{at}")
        if isinstance(fn, np.ufunc) and fn.signature is None:
            return ShapeError(f"{what}{elements(first, a, second, b)}{at}")
    known = [f"{n or 'an array'} is {s}" for n, s in zip(names, shapes, strict=True) if s]
    return ShapeError(
        f"{printed_name(fn)}: {', '.join(known)}: {said}. Print the shapes before this call; "
        f"np.reshape changes one, x[:, None] adds an axis, x.T turns a matrix{at}"
    )


def call_of(fn: Function, names: Sequence[str | None]) -> str:
    """Return the call as it is written: `W1 @ X` or `np.dot(W1, X)`.

    >>> call_of(np.matmul, ["W1", None]), call_of(np.dot, ["W1", "X"])
    ('W1 @ ...', 'np.dot(W1, X)')
    """
    a, b = (name or "..." for name in names)
    return f"{a} {SIGNS[fn].text} {b}" if fn in SIGNS else f"{printed_name(fn)}({a}, {b})"


def products(first: str, a: Shape, second: str, b: Shape) -> str:
    """Say why these shapes have no product, and which transpose would make one.

    >>> products("W1", (4, 5), "X", (6, 5))
    'inner sizes 5 and 6 differ; X.T would fit'
    >>> products("W", (1, 4), "x", (3,))
    'inner sizes 4 and 3 differ; no transpose would fit: look at where W and x were made'
    """
    inner = b[0] if len(b) < 2 else b[-2]
    if a[-1] == inner:  # stacks of matrices: the leading axes do not match
        return f"inner sizes fit, but the axes before them, {a[:-2]} and {b[:-2]}, do not broadcast"
    ways = []
    if len(b) == 2 and b[1] == a[-1]:
        ways.append(f"{second}.T")
    if len(a) == 2 and a[0] == inner:
        ways.append(f"{first}.T")
    if len(b) == 1 and a[-1] == 1:
        ways.append(f"{second}.reshape(1, -1), a row,")
    if not ways and len(a) == len(b) == 2 and b[1] == a[0]:
        ways.append(f"the other order, {second} before {first},")
    return f"inner sizes {a[-1]} and {inner} differ; {remedy(ways, first, second)}"


def elements(first: str, a: Shape, second: str, b: Shape) -> str:
    """Say why these shapes do not broadcast, and which change would make them.

    >>> elements("Z", (4, 209), "b", (4,))
    'the last sizes, 209 and 4, differ; b.reshape(-1, 1), a column, would fit'
    >>> elements("A", (1, 3), "Y", (2, 1, 4))
    'the last sizes, 3 and 4, differ; no transpose would fit: look at where A and Y were made'
    """
    pairs = zip(a[::-1], b[::-1], strict=False)
    back = next(k for k, (n, m) in enumerate(pairs, 1) if differ(n, m))
    which = {1: "the last sizes", 2: "the sizes before the last"}.get(back, f"axes {-back}")
    ways = [way for way, new in changes(second, b) if fits(a, new)]
    ways += [way for way, new in changes(first, a) if fits(b, new)]
    return f"{which}, {a[-back]} and {b[-back]}, differ; {remedy(ways, first, second)}"


def changes(name: str, shape: Shape) -> Iterator[tuple[str, Shape]]:
    """Yield ways to reshape an array, and the shape that each returns."""
    if len(shape) == 1:
        yield f"{name}.reshape(-1, 1), a column,", (shape[0], 1)
    elif len(shape) == 2:
        yield f"{name}.T", shape[::-1]
    for axis in range(1, len(shape)) if len(shape) > 1 else ():
        new = (*shape[:axis], 1, *shape[axis:])
        yield f"np.expand_dims({name}, {axis}), or keepdims=True where it was summed,", new


def differ(n: int, m: int) -> bool:
    """Return whether these sizes of one axis do not broadcast."""
    return n != m and 1 not in (n, m)


def fits(large: Shape, small: Shape) -> bool:
    """Return whether `small` broadcasts to `large` without changing the shape of `large`."""
    pairs = zip(large[::-1], small[::-1], strict=False)
    return len(small) <= len(large) and all(m in (1, n) for n, m in pairs)


def remedy(ways: Sequence[str], first: str, second: str) -> str:
    """Say what would fit, or where to look.

    >>> remedy(["X.T", "W.T"], "W", "X")
    'X.T or W.T would fit'
    """
    if ways:
        return f"{' or '.join(dict.fromkeys(ways))} would fit".replace(",,", ",")
    return f"no transpose would fit: look at where {first} and {second} were made"
