"""A small computer algebra: elementwise expressions as sums of products of variables and sums.

A term is a number times bases to whole powers. A base is a variable, or a sum such as 1 - A that
is kept in one piece so that it can cancel against its own reciprocal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..rules.shaping import spread
from .program import Line, Var

Base = Any  # Var or Sum
Term = tuple[tuple[Base, int], ...]
MAX_TERMS = 24


class Sum:
    """A sum of terms, each with its number; hashable, so that it can be a base itself."""

    __slots__ = ("divided", "key", "terms")

    def __init__(self, terms: Mapping[Term, float], divided: bool = False) -> None:
        self.terms = {t: c for t, c in terms.items() if c != 0}
        self.divided = divided  # a division by an array went into it
        self.key = frozenset(self.terms.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def term(powers: Mapping[Base, int]) -> Term:
    """Bases and powers in a fixed order, so that equal products are equal."""
    return tuple(sorted(((b, p) for b, p in powers.items() if p), key=lambda bp: (hash(bp[0]), bp[1])))


def number(c: float) -> Sum:
    """A sum that is a number."""
    return Sum({(): float(c)})


def single(base: Base) -> Sum:
    """A sum that is one variable, or one other sum in one piece."""
    return Sum({term({base: 1}): 1.0})


def plus(a: Sum, b: Sum, sign: float = 1.0) -> Sum:
    """a + sign * b"""
    terms = dict(a.terms)
    for t, c in b.terms.items():
        terms[t] = terms.get(t, 0.0) + sign * c
    return Sum(terms, a.divided or b.divided)


def in_one_piece(a: Sum) -> Sum:
    """A sum of several terms as a base of its own."""
    if len(a.terms) == 1:
        return a
    return Sum({term({Sum(a.terms): 1}): 1.0}, a.divided)


def times(a: Sum, b: Sum) -> Sum:
    """a * b, distributing over sums only as far as they are not in one piece."""
    terms: dict[Term, float] = {}
    for t, c in a.terms.items():
        for u, d in b.terms.items():
            powers: dict[Base, int] = dict(t)
            for base, p in u:
                powers[base] = powers.get(base, 0) + p
            product = term(powers)
            terms[product] = terms.get(product, 0.0) + c * d
    return Sum(terms, a.divided or b.divided)


def inverse(a: Sum) -> Sum:
    """1 / a, where a is one term."""
    ((t, c),) = in_one_piece(a).terms.items()
    return Sum({term({b: -p for b, p in t}): 1.0 / c}, divided=True)


def expand(x: Any, made: Mapping[Var, Line], depth: int = 0) -> Sum:
    """An elementwise expression as a Sum; what is not arithmetic is a variable of it."""
    if not isinstance(x, Var):
        return number(x)
    line = made.get(x)
    if line is None or line.kwargs or depth > 12:
        return single(x)
    fn, args = line.fn, line.args

    def of(y: Any) -> Sum:
        return expand(y, made, depth + 1)

    if any(isinstance(a, np.ndarray | complex) for a in args):
        return single(x)
    if fn is np.add or fn is np.subtract:
        return bounded(plus(of(args[0]), of(args[1]), 1.0 if fn is np.add else -1.0), x)
    if fn is np.negative:
        return plus(number(0), of(args[0]), -1.0)
    if fn is np.multiply:
        a, b = of(args[0]), of(args[1])
        # Distribute over a sum of quotients, so that they can cancel; keep 1 - A in one piece.
        a = a if a.divided else in_one_piece(a)
        b = b if b.divided else in_one_piece(b)
        return bounded(times(a, b), x)
    if fn is np.true_divide:
        a, b = of(args[0]), of(args[1])
        if not b.terms or b.divided:
            return single(x)
        return bounded(times(a if a.divided else in_one_piece(a), inverse(b)), x)
    if fn is np.square:
        a = in_one_piece(of(args[0]))
        return bounded(times(a, a), x)
    if fn in (np.broadcast_to, np.reshape, spread):
        source = args[0]
        if source.size == 1 if isinstance(source, Var) else np.ndim(source) == 0:
            return of(source)
    return single(x)


def bounded(a: Sum, x: Var) -> Sum:
    """The sum, or the variable itself when the sum grows too long."""
    return a if len(a.terms) <= MAX_TERMS else single(x)


def simplest(total: Sum, out: Var) -> list[Line] | None:
    """Lines for a Sum whose divisions all cancelled; None if some are left or it is long."""
    flat = flattened(total)
    if flat is None or not flat.terms or len(flat.terms) > 3:
        return None
    # A common number stands outside: c * (A - Y)
    common = min((abs(c) for c in flat.terms.values()), default=1.0)
    signs = {t: c / common for t, c in flat.terms.items()}
    if any(abs(abs(s) - 1.0) > 1e-12 for s in signs.values()):
        common, signs = 1.0, dict(flat.terms)
    ordered = sorted(signs.items(), key=lambda item: -item[1])  # what is added comes first
    lines: list[Line] = []
    result: Any = None
    dtype = out.dtype
    for t, s in ordered:
        value: Any = None
        for base, power in t:
            for _ in range(power):
                value = base if value is None else emit(lines, np.multiply, (value, base), dtype)
        if value is None:
            value = float(s)
        elif abs(abs(s) - 1.0) > 1e-12:
            value = emit(lines, np.multiply, (value, abs(s)), dtype)
        if result is None:
            result = value if s > 0 or not isinstance(value, Var) else emit(lines, np.negative, (value,), dtype)
        else:
            result = emit(lines, np.add if s > 0 else np.subtract, (result, value), dtype)
    if not isinstance(result, Var) or result.shape != out.shape:
        return None
    if common != 1.0:
        inverse_is_whole = abs(1 / common - round(1 / common)) < 1e-9 * (1 / common)
        args = (result, round(1 / common)) if inverse_is_whole else (result, common)
        result = emit(lines, np.true_divide if inverse_is_whole else np.multiply, args, dtype)
    if not lines or result.dtype != out.dtype:
        return None
    lines[-1].outs = (out,)
    return lines


def flattened(a: Sum) -> Sum | None:
    """The Sum with every piece multiplied out; None if a division is left."""
    result = Sum({}, a.divided)
    for t, c in a.terms.items():
        product = number(c)
        for base, power in t:
            if power < 0:
                return None
            inner = flattened(base) if isinstance(base, Sum) else single(base)
            if inner is None:
                return None
            for _ in range(power):
                product = times(product, inner)
        result = plus(result, product)
        if len(result.terms) > MAX_TERMS:
            return None
    return Sum({t: c for t, c in result.terms.items() if abs(c) > 1e-15}, a.divided)


def emit(lines: list[Line], fn: Any, args: tuple[Any, ...], dtype: Any) -> Var:
    """Append a line; its variable."""
    shapes = [a.shape for a in args if isinstance(a, Var)]
    out = Var(np.broadcast_shapes(*shapes), dtype)
    lines.append(Line(fn, args, {}, (out,)))
    return out
