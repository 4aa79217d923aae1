"""Passes that know mathematics: neutral elements, scalar factors, transposes, cancelled divisions."""

from __future__ import annotations


from typing import Any

import numpy as np

from ..rules.shaping import astype, spread
from .polynomials import Sum, expand, simplest
from .program import Line, Program, Var, fill, variables
from .passes import FOLDED_NUMBERS, dead_code

ELEMENTWISE = {
    np.add, np.subtract, np.multiply, np.true_divide, np.negative, np.power, np.square, np.maximum,
    np.minimum, np.where,
}  # fmt: skip


def simplify(program: Program) -> Program:
    """Apply the rules below to each line, in order, until nothing changes."""
    before = -1
    while before != len(program.lines):
        before = len(program.lines)
        program = dead_code(rewrite(program))
    return program


def rewrite(program: Program) -> Program:
    """One walk: each line becomes a simpler line, or an older variable."""
    made: dict[Var, Line] = {}
    same: dict[Var, Any] = {}
    lines = []
    for line in program.lines:
        line = Line(line.fn, fill(line.args, same), fill(line.kwargs, same), line.outs, line.several)
        new = simpler(line, made, program.constants)
        if isinstance(new, Line):
            lines.append(new)
            made[new.outs[0]] = new
        else:
            same[line.out] = new
            if isinstance(new, Var):
                new.name = new.name or line.out.name
                new.gradient_of = new.gradient_of or line.out.gradient_of
    return program.replace(lines=lines, outputs=[fill(v, same) for v in program.outputs])


def simpler(line: Line, made: dict[Var, Line], constants: dict[Var, Any]) -> Line | Var:
    """What a line can be replaced with; itself when nothing applies."""
    if line.several or line.kwargs:
        return line
    fn, args, out = line.fn, line.args, line.out
    if fn in (np.multiply, np.true_divide, np.add, np.subtract):
        a, b = args
        neutral = 1 if fn in (np.multiply, np.true_divide) else 0
        if is_number(b, neutral) and alike(a, out):
            return a  # type: ignore[no-any-return]
        if fn in (np.multiply, np.add) and is_number(a, neutral) and alike(b, out):
            return b  # type: ignore[no-any-return]
        if fn is np.subtract and is_number(a, 0) and alike(b, out):
            return Line(np.negative, (b,), {}, line.outs)
        if fn is np.multiply and is_number(b, -1) and alike(a, out):
            return Line(np.negative, (a,), {}, line.outs)
        merged = merge_factors(fn, a, b, made)
        if merged is not None:
            return Line(*merged, {}, line.outs)
    if fn is np.positive or (fn is astype and alike(args[0], out)):
        return args[0]  # type: ignore[no-any-return]
    if fn is np.negative and defined(args[0], np.negative, made):
        return made[args[0]].args[0]  # type: ignore[no-any-return]
    if fn is np.transpose and len(args) == 1:
        inner = made.get(args[0])
        if out.shape == (1, 1) or len(out.shape) < 2:
            return args[0]  # type: ignore[no-any-return]
        if inner is not None and inner.fn is np.transpose and len(inner.args) == 1:
            return inner.args[0]  # type: ignore[no-any-return]
        if inner is not None and inner.fn in (np.multiply, np.true_divide, np.negative):
            # (s * x.T).T is s * x
            turned = [untransposed(a, made) for a in inner.args]
            if all(t is not None for t in turned):
                return Line(inner.fn, tuple(turned), {}, line.outs)
    if fn in (np.reshape, np.broadcast_to) and alike(args[0], out):
        return args[0]  # type: ignore[no-any-return]
    if fn is np.matmul or fn is np.dot:
        a, b = args
        if isinstance(a, Var) and isinstance(b, Var) and len(a.shape) == len(b.shape) == 2:
            if a.shape == (1, 1) or b.shape == (1, 1):  # a product with a number
                return Line(np.multiply, (a, b), {}, line.outs)
            if fn is np.dot:
                return Line(np.matmul, (a, b), {}, line.outs)
    if fn in ELEMENTWISE or isinstance(fn, np.ufunc) and fn.signature is None:
        slim = tuple(unspread(a, i, line, made, constants) for i, a in enumerate(args))
        if any(new is not old for new, old in zip(slim, args, strict=True)):
            return Line(fn, slim, {}, line.outs)
    return line


def merge_factors(fn: Any, a: Any, b: Any, made: dict[Var, Line]) -> tuple[Any, Any] | None:
    """(x * 2) * 3 is x * 6; (x / 2) / 4 is x / 8; -x * 2 is x * -2."""
    if fn is np.multiply and is_number(a):
        a, b = b, a
    if fn not in (np.multiply, np.true_divide) or not is_number(b) or not isinstance(a, Var):
        return None
    inner = made.get(a)
    if inner is None or inner.kwargs:
        return None
    if inner.fn is np.negative:
        return fn, (inner.args[0], -b)
    if inner.fn not in (np.multiply, np.true_divide):
        return None
    x, s = inner.args
    if inner.fn is np.multiply and is_number(x):
        x, s = s, x
    if not is_number(s) or not isinstance(x, Var):
        return None
    if inner.fn is np.multiply:
        return (np.multiply, (x, s * b)) if fn is np.multiply else (np.multiply, (x, s / b))
    return (np.multiply, (x, b / s)) if fn is np.multiply else (np.true_divide, (x, s * b))


def unspread(
    a: Any, i: int, line: Line, made: dict[Var, Line], constants: dict[Var, Any]
) -> Any:
    """An operand without the broadcasting that the elementwise line does by itself."""
    while isinstance(a, Var):
        inner = made.get(a)
        if a in constants and uniform(constants[a]):
            source = constants[a].ravel()[0]
        elif inner is None:
            return a
        else:
            source = inner.args[0]
        if inner is None:
            pass
        elif inner.fn is spread:
            if np.size(source) != 1 if not isinstance(source, Var) else source.size != 1:
                return a
        elif inner.fn in (np.broadcast_to, np.reshape):
            if isinstance(source, Var) and inner.fn is np.reshape and source.size != 1:
                return a
        else:
            return a
        others = [b for j, b in enumerate(line.args) if j != i]
        shape = np.shape(source) if not isinstance(source, Var) else source.shape
        shapes = [b.shape if isinstance(b, Var) else np.shape(b) for b in others]
        try:
            fits = np.broadcast_shapes(shape, *shapes) == line.out.shape
        except ValueError:
            fits = False
        if not fits:
            return a
        a = source
    return a


def uniform(constant: Any) -> bool:
    """Whether an array holds one number, however often."""
    return bool(0 < constant.size <= FOLDED_NUMBERS and (constant == constant.ravel()[0]).all())


def untransposed(a: Any, made: dict[Var, Line]) -> Any:
    """x where `a` is x.T or a number; None otherwise."""
    if not isinstance(a, Var) or a.size == 1:
        return a
    inner = made.get(a)
    if inner is not None and inner.fn is np.transpose and len(inner.args) == 1:
        return inner.args[0]
    return None


def is_number(x: Any, value: float | None = None) -> bool:
    """Whether an argument is a plain number, or a certain one."""
    if isinstance(x, Var | bool) or not isinstance(x, int | float | np.number):
        return False
    return value is None or bool(x == value)


def alike(x: Any, out: Var) -> bool:
    """Whether a variable can stand for another."""
    return isinstance(x, Var) and x.shape == out.shape and x.dtype == out.dtype and not x.weak


def defined(x: Any, fn: Any, made: dict[Var, Line]) -> bool:
    """Whether a variable comes from a line with this function."""
    return isinstance(x, Var) and x in made and made[x].fn is fn


def cancel_divisions(program: Program) -> Program:
    """Turn products in which every division cancels into what is left of them.

    The course's cost, -mean(Y log A + (1 - Y) log(1 - A)) with A = sigmoid(Z), is the case in
    point: (-Y / A + (1 - Y) / (1 - A)) / m * A * (1 - A) is (A - Y) / m, which is shorter, and
    finite where A is 0 or 1.
    """
    made = {line.out: line for line in program.lines if not line.several}
    lines: list[Line] = []
    for line in program.lines:
        if line.fn is np.multiply and len(line.out.shape) > 0:
            total = expand(line.out, made)
            if isinstance(total, Sum) and total.divided:
                short = simplest(total, line.out)
                if short is not None:
                    lines.extend(short)
                    continue
        lines.append(line)
    return dead_code(program.replace(lines=lines))
