"""Passes that know mathematics: neutral elements, factors, transposes, cancelled divisions."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...rules.shaping import astype
from ..ir import Line, Program, Var, is_elementwise, shape_of
from .broadcasting import unscaled, unspread
from .cleanup import dead_code


class Made(dict[Var, Line]):
    """The line that makes each variable so far, and how often each variable is read."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.uses = Counter(v for line in program.lines for v in line.reads)
        self.uses.update(v for v in program.outputs if isinstance(v, Var))


New = Line | list[Line] | Var | None  # simpler lines, an older variable, or nothing better


def simplify(program: Program) -> Program:
    """Apply the rules below to each line, in order, until nothing changes."""
    while True:
        simpler = dead_code(rewrite(program))
        if simpler.lines == program.lines:
            return simpler
        program = simpler


def rewrite(program: Program) -> Program:
    """One walk: each line becomes a simpler line, or an older variable."""
    made = Made(program)
    same: dict[Var, Any] = {}
    lines: list[Line] = []
    for line in program.lines:
        line = line.using(same)
        new = line if line.several or line.kwargs else simpler(line, made, program.constants)
        if isinstance(new, Var):
            same[line.out] = new
            new.take_over(line.out)
            continue
        for x in [new] if isinstance(new, Line) else new:
            lines.append(x)
            if not x.several:
                made[x.out] = x
    return program.renamed(lines, same)


def simpler(line: Line, made: Made, constants: Mapping[Var, Any]) -> Line | list[Line] | Var:
    """What a line can be replaced with; itself when nothing applies."""
    for rule in _RULES.get(line.fn, ()):
        new = rule(line, made)
        if new is not None:
            return new
    if is_elementwise(line.fn):
        slim = list(line.args)
        for i in range(len(slim)):
            slim[i] = unspread(slim, i, line.out.shape, made, constants)
        slim = [unscaled(a, slim) for a in slim]
        if any(new is not old for new, old in zip(slim, line.args, strict=True)):
            return line.calling(line.fn, *slim)
    return line


# Neutral elements and signs


def neutral(line: Line, made: Made) -> New:
    """x * 1, x / 1, x + 0, x - 0 are x; 0 - x and x * -1 are -x."""
    fn, (a, b), out = line.fn, line.args, line.out
    e = 1 if fn in (np.multiply, np.true_divide) else 0
    if is_number(b, e) and alike(a, out):
        return a  # type: ignore[no-any-return]
    if fn in (np.multiply, np.add) and is_number(a, e) and alike(b, out):
        return b  # type: ignore[no-any-return]
    if fn is np.subtract and is_number(a, 0) and alike(b, out):
        return line.calling(np.negative, b)
    if fn is np.multiply and is_number(b, -1) and alike(a, out):
        return line.calling(np.negative, a)
    return None


def merged_factors(line: Line, made: Made) -> New:
    """(x * 2) * 3 is x * 6; (x / 2) / 4 is x / 8; -x * 2 is x * -2."""
    fn, (a, b) = line.fn, line.args
    if fn is np.multiply and is_number(a):
        a, b = b, a
    inner = made.get(a) if isinstance(a, Var) else None
    if inner is None or not is_number(b) or line.out.dtype.kind not in "fc" or b == 0:
        return None
    x, s = (inner.args[0], -1) if inner.fn is np.negative else (*inner.args, None)[:2]
    if inner.fn is np.multiply and is_number(x):
        x, s = s, x
    if not is_number(s) or s == 0 or not isinstance(x, Var) or x.weak or not is_real(x):
        return None
    s, b = exact(s, x, line.out), exact(b, x, line.out)
    if inner.fn is np.true_divide:
        if fn is np.true_divide:
            return line.calling(fn, x, s * b)
        # x / s * b, so that x / m * m is x
        return line.calling(np.multiply, x, b / s)
    if inner.fn in (np.multiply, np.negative):
        return (
            line.calling(fn, x, s * b) if fn is np.multiply else line.calling(np.multiply, x, s / b)
        )
    return None


def exact(number: Any, x: Var, out: Var) -> Any:
    """A factor of x, to calculate with: np.float32(2) * b would be rounded to float32."""
    if not isinstance(number, np.generic):
        return number
    return number.item() if x.dtype == out.dtype else out.dtype.type(number)


def double_negation(line: Line, made: Made) -> New:
    """-(-x) is x; -(a - b) is b - a; -(x * 2) is x * -2."""
    inner = made.get(line.args[0])
    if inner is None or line.out.dtype.kind not in "fc":
        return None
    if inner.fn is np.negative:
        return inner.args[0]  # type: ignore[no-any-return]
    if inner.fn is np.subtract:
        return line.calling(np.subtract, *inner.args[::-1])
    if inner.fn in (np.multiply, np.true_divide) and is_number(inner.args[1]):
        return line.calling(inner.fn, inner.args[0], -inner.args[1])
    return None


def added_negative(line: Line, made: Made) -> New:
    """a + -b is a - b; a - -b is a + b; -a + b is b - a."""
    fn, (a, b) = line.fn, line.args
    negative = made.get(b) if isinstance(b, Var) else None
    if negative is not None and negative.fn is np.negative and is_real(negative.out):
        return line.calling(np.subtract if fn is np.add else np.add, a, negative.args[0])
    negative = made.get(a) if isinstance(a, Var) else None
    if (
        fn is np.add
        and negative is not None
        and negative.fn is np.negative
        and is_real(negative.out)
    ):
        return line.calling(np.subtract, b, negative.args[0])
    return None


def no_change(line: Line, made: Made) -> New:
    """+x, and casts, shapes and repetitions to what x is already, are x."""
    x = line.args[0]
    return x if alike(x, line.out) else None


def reshaped_sum(line: Line, made: Made) -> New:
    """A sum with keepdims whose axes are then taken away is a sum without."""
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


# Products


def transposed(line: Line, made: Made) -> New:
    """x.T.T is x, and so is x.T of one row and column; (s * x.T).T is s * x."""
    if len(line.args) != 1:
        return None
    x, out = line.args[0], line.out
    if out.shape == (1, 1) or len(out.shape) < 2:
        return x  # type: ignore[no-any-return]
    inner = made.get(x)
    if inner is None or inner.kwargs:
        return None
    if inner.fn is np.transpose and len(inner.args) == 1:
        return inner.args[0]  # type: ignore[no-any-return]
    if inner.fn in (np.multiply, np.true_divide, np.negative):
        turned = [untransposed(a, made) for a in inner.args]
        if all(t is not None for t in turned):
            return line.calling(inner.fn, *turned)
    return None


def transposed_product(line: Line, made: Made) -> New:
    """(a @ x.T).T is x @ a.T, which turns one matrix instead of two."""
    inner = made.get(line.args[0])
    if len(line.args) != 1 or inner is None or inner.fn is not np.matmul:
        return None
    a, b = inner.args
    turned = made.get(b)
    if made.uses[inner.out] > 1 or len(a.shape) != 2 or turned is None or not is_transpose(turned):
        return None
    left = Var(a.shape[::-1], a.dtype)
    return [
        Line(np.transpose, (a,), {}, (left,), rules=line.rules),
        dataclasses.replace(
            line.calling(np.matmul, turned.args[0], left), rules=inner.rules or line.rules
        ),
    ]


def is_transpose(line: Line) -> bool:
    """x.T"""
    return line.fn is np.transpose and len(line.args) == 1 and not line.kwargs


def untransposed(a: Any, made: Made) -> Any:
    """x where `a` is x.T or a number; None otherwise."""
    if not isinstance(a, Var) or a.size == 1:
        return a if len(shape_of(a)) in (0, 2) else None
    inner = made.get(a)
    return inner.args[0] if inner is not None and is_transpose(inner) else None


def product(line: Line, made: Made) -> New:
    """np.dot of two matrices is @; a product with a matrix of one number is that number times."""
    a, b = line.args
    if not (isinstance(a, Var) and isinstance(b, Var) and len(a.shape) == len(b.shape) == 2):
        return None
    if a.shape == (1, 1) or b.shape == (1, 1):
        return line.calling(np.multiply, a, b)
    return line.calling(np.matmul, a, b) if line.fn is np.dot else None


def power(line: Line, made: Made) -> New:
    """x ** 1 is x; x ** 2 is x * x."""
    x, p = line.args
    if not isinstance(x, Var) or x.weak or x.dtype != line.out.dtype:
        return None
    if is_number(p, 1):
        return x
    return line.calling(np.multiply, x, x) if is_number(p, 2) else None


def square(line: Line, made: Made) -> New:
    """np.square(x) is x * x."""
    x = line.args[0]
    return line.calling(np.multiply, x, x) if alike(x, line.out) else None


def is_number(x: Any, value: float | None = None) -> bool:
    """Whether an argument is a plain number, or a certain one."""
    if isinstance(x, Var | bool) or not isinstance(x, int | float | np.number):
        return False
    return value is None or bool(x == value)


def is_real(v: Var) -> bool:
    """Whether a variable holds floating numbers, for which -x is exact."""
    return v.dtype.kind in "fc"


def alike(x: Any, out: Var) -> bool:
    """Whether a variable can stand for another."""
    return isinstance(x, Var) and x.shape == out.shape and x.dtype == out.dtype and not x.weak


_RULES: dict[Any, tuple[Callable[[Line, Made], New], ...]] = {
    np.multiply: (neutral, merged_factors),
    np.true_divide: (neutral, merged_factors),
    np.add: (neutral, added_negative),
    np.subtract: (neutral, added_negative),
    np.negative: (double_negation,),
    np.positive: (no_change,),
    np.copy: (no_change,),
    astype: (no_change,),
    np.reshape: (no_change, reshaped_sum),
    np.squeeze: (no_change,),
    np.ravel: (no_change,),
    np.broadcast_to: (no_change,),
    np.transpose: (transposed, transposed_product),
    np.matmul: (product,),
    np.dot: (product,),
    np.power: (power,),
    np.square: (square,),
}
