"""Simplify expressions: neutral elements, signs, constant factors, transposes, broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.shaping import astype
from ..ir import Line, Program, Var
from .broadcasting import own_broadcasting
from .rewrite import (
    ROUNDING,
    Definitions,
    New,
    Rule,
    alike,
    exactly,
    matrices,
    once,
    rewrite,
    rewritten_fully,
    rule,
    single,
)


def simplify(program: Program) -> Program:
    """Apply the rules below to each line, in order, until nothing changes."""
    return rewritten_fully(program, ALGEBRA)


@rule(np.positive, np.copy, astype, np.reshape, np.squeeze, np.ravel, np.broadcast_to)
def no_change(line: Line, made: Definitions) -> New:
    """Replace +x, and casts, shapes and repetitions to what x is already, by x."""
    return line.args[0] if alike(line.args[0], line.out) else None


@rule(np.reshape)
def reshaped_sum(line: Line, made: Definitions) -> New:
    """Replace a sum with keepdims whose axes are then taken away by a sum without."""
    inner = made.get(line.args[0])
    if inner is None or inner.fn is not np.sum or len(inner.args) != 1:
        return None
    x, axis = inner.args[0], inner.kwargs.get("axis")
    if set(inner.kwargs) != {"axis", "keepdims"} or not isinstance(axis, tuple):
        return None
    axes = {i % len(x.shape) for i in axis}
    if line.out.shape != tuple(n for i, n in enumerate(x.shape) if i not in axes):
        return None
    whole = len(axes) == len(x.shape)
    return line.calling(np.sum, x, **({} if whole else {"axis": axis}))


@rule(np.transpose)
def nothing_to_turn(line: Line, made: Definitions) -> New:
    """Replace x.T by x if x has one axis, or one row and one column."""
    small = line.out.shape == (1, 1) or len(line.out.shape) < 2
    return line.args[0] if small and len(line.args) == 1 else None


def turned_twice(fn: Any) -> tuple[Rule, ...]:
    """Rewrites of fn(x.T, y.T).T; with operands of other ranks, broadcasting would differ."""
    return (
        rewrite(lambda x, y: fn(x.T, y.T).T, lambda x, y: fn(x, y), matrices("x", "y")),
        rewrite(lambda x, s: fn(x.T, s).T, lambda x, s: fn(x, s), single("s"), in_order=True),
        rewrite(lambda x, s: fn(s, x.T).T, lambda x, s: fn(s, x), single("s"), in_order=True),
    )


@rule(np.matmul, accuracy=ROUNDING)
def product_with_a_number(line: Line, made: Definitions) -> New:
    """Replace a @ b by a * b if one of the matrices has one element; a zero may change its sign."""
    a, b = line.args
    if not all(isinstance(x, Var) and len(x.shape) == 2 for x in (a, b)):
        return None
    return line.calling(np.multiply, a, b) if (1, 1) in (a.shape, b.shape) else None


ALGEBRA = (
    # Neutral elements. x + 0 is not x, nor is 0 - x always -x: they differ in the sign of zero.
    rewrite(lambda x: x * 1, lambda x: x),
    rewrite(lambda x: x / 1, lambda x: x),
    rewrite(lambda x: x - 0, lambda x: x),
    rewrite(lambda x: x * -1, lambda x: -x),
    no_change,
    # Signs
    rewrite(lambda x: -(-x), lambda x: x),  # noqa: B002 (no decrement)
    rewrite(lambda x, c: -(x * c), lambda x, c: x * -c),
    rewrite(lambda x, c: -(x / c), lambda x, c: x / -c),
    rewrite(lambda x, c: -x * c, lambda x, c: x * -c),
    rewrite(lambda x, c: -x / c, lambda x, c: x / -c),
    rewrite(lambda x, y: x + -y, lambda x, y: x - y),
    rewrite(lambda x, y: x - -y, lambda x, y: x + y),
    # Constant factors, if the new one is exact: one rounding less
    rewrite(lambda x, c, d: x * c * d, lambda x, c, d: x * (c * d), exactly(lambda c, d: c * d)),
    rewrite(lambda x, c, d: x / c / d, lambda x, c, d: x / (c * d), exactly(lambda c, d: c * d)),
    rewrite(lambda x, c, d: x * c / d, lambda x, c, d: x * (c / d), exactly(lambda c, d: c / d)),
    rewrite(lambda x, c, d: x * c / d, lambda x, c, d: x / (d / c), exactly(lambda c, d: d / c)),
    rewrite(lambda x, c, d: x / c * d, lambda x, c, d: x * (d / c), exactly(lambda c, d: d / c)),
    rewrite(lambda x, c, d: x / c * d, lambda x, c, d: x / (c / d), exactly(lambda c, d: c / d)),
    # Powers: NumPy computes x**2 as x * x, too
    rewrite(lambda x: x**1, lambda x: x),
    rewrite(lambda x: x**2, lambda x: x * x),
    rewrite(lambda x: np.square(x), lambda x: x * x),
    # Shapes
    reshaped_sum,
    nothing_to_turn,
    rewrite(lambda x: x.T.T, lambda x: x),
    rewrite(lambda x: (-x.T).T, lambda x: -x),
    *turned_twice(np.multiply),
    *turned_twice(np.true_divide),
    *turned_twice(np.add),
    *turned_twice(np.subtract),
    # Products. BLAS may add up in another order.
    rewrite(
        lambda a, b: (a @ b.T).T, lambda a, b: b @ a.T, matrices("a", "b"), once(np.matmul),
        accuracy=ROUNDING,
    ),
    product_with_a_number,
    rewrite(lambda a, b: np.dot(a, b), lambda a, b: a @ b, matrices("a", "b"), accuracy=ROUNDING),
    own_broadcasting,
)  # fmt: skip
