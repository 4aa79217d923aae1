"""Write elementwise expressions as sums of products: a small computer algebra.

A term is a number times bases to integer powers. A base is a variable, or a sum such as 1 - A that
is kept in one piece, so that it can cancel against its own reciprocal and is not multiplied out,
which would only lose digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...rules.shaping import astype, spread
from ..ir import Line, Program, Var
from .sigmoids import written_sigmoids

Base = Any  # Var or Sum
Term = tuple[tuple[Base, int], ...]
MAX_TERMS = 24
MAX_DEPTH = 8


class Sum:
    """A sum of terms, each with its coefficient; hashable, so that it can be a base itself."""

    __slots__ = ("depth", "divided", "key", "order", "terms")

    def __init__(self, terms: Mapping[Term, float], divided: bool = False) -> None:
        self.terms = {t: c for t, c in terms.items() if c != 0}
        self.divided = divided  # a division by an array went into it
        self.key = frozenset(self.terms.items())
        bases = [b for t in self.terms for b, _ in t]
        self.depth: int = 1 + max((b.depth for b in bases if isinstance(b, Sum)), default=0)
        self.order: int = max((b.order for b in bases), default=0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def size(self) -> int:
        """Return the number of terms."""
        return len(self.terms)


def term(powers: Mapping[Base, int]) -> Term:
    """Return bases and powers in a fixed order, so that equal products are equal."""
    return tuple(sorted(((b, p) for b, p in powers.items() if p), key=_place))


def _place(factor: tuple[Base, int]) -> tuple[bool, int, int, int]:
    base, power = factor
    return isinstance(base, Sum), base.order, getattr(base, "size", 0), power


def number(c: float) -> Sum:
    """Return a number as a Sum."""
    return Sum({(): float(c)})


def single(base: Base) -> Sum:
    """Return one variable, or another Sum in one piece, as a Sum."""
    return Sum({term({base: 1}): 1.0})


def plus(a: Sum, b: Sum, sign: float = 1.0) -> Sum:
    """Return a + sign * b."""
    terms = dict(a.terms)
    for t, c in b.terms.items():
        terms[t] = terms.get(t, 0.0) + sign * c
    return Sum(terms, a.divided or b.divided)


def in_one_piece(a: Sum) -> Sum:
    """Return a Sum of several terms as a base of its own."""
    return a if a.size == 1 else Sum({term({Sum(a.terms): 1}): 1.0}, a.divided)


def times(a: Sum, b: Sum) -> Sum:
    """Return a * b, distributed over all sums that are not in one piece."""
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
    """Return 1 / a."""
    ((t, c),) = in_one_piece(a).terms.items()
    return Sum({term({b: -p for b, p in t}): 1.0 / c}, divided=True)


def expansions(program: Program) -> dict[Var, Sum]:
    """Map each variable that a line of arithmetic makes to a Sum of what went in.

    If A = 1 / u and u = 1 + e are made, u is 1 / A and e is (1 - A) / A: in these terms the
    derivative of a sigmoid that is written out, e / u^2, is A (1 - A).
    """
    sums = reciprocals(program)
    for line in program.lines:
        if line.out in sums:
            continue
        total = None if line.several or line.kwargs else expansion(line, sums)
        if total is not None and total.size <= MAX_TERMS and total.depth <= MAX_DEPTH:
            sums[line.out] = total
    return sums


def reciprocals(program: Program) -> dict[Var, Sum]:
    """Return Sums for A, u and e, if A = 1 / u and u = 1 + e and e = exp(n) are made."""
    sums: dict[Var, Sum] = {}
    for s in written_sigmoids(program):
        A = single(s.A)
        sums[s.A] = A
        sums[s.u] = inverse(A)
        sums[s.e] = times(in_one_piece(plus(number(1), A, -1.0)), inverse(A))
    return sums


def expansion(line: Line, sums: Mapping[Var, Sum]) -> Sum | None:
    """Return one line as a Sum, or None if it is no arithmetic on real numbers."""
    fn, args = line.fn, line.args
    # Unsigned numbers wrap around: 1 - 2 is 255 there.
    if line.out.dtype.kind not in "fi" or line.out.weak or fn not in _ARITHMETIC:
        return None
    if fn in (np.broadcast_to, np.reshape, spread):
        source = args[0]
        one = source.size == 1 if isinstance(source, Var) else np.ndim(source) == 0
        return operand(source, sums) if one else None
    if fn is astype and args[0].dtype.kind != "f":
        return None
    parts = [operand(a, sums) for a in args if fn is not astype or isinstance(a, Var)]
    if any(p is None for p in parts):
        return None
    return _ARITHMETIC[fn](*parts)


def operand(x: Any, sums: Mapping[Var, Sum]) -> Sum | None:
    """Return an operand as a Sum, or None if it is neither a real number nor a variable of them."""
    if isinstance(x, Var):
        return sums.get(x) or single(x) if x.dtype.kind in "fiub" else None
    if isinstance(x, bool | np.bool_) or not isinstance(x, int | float | np.number):
        return None
    return number(float(x)) if not isinstance(x, np.complexfloating) else None


def _multiplied(a: Sum, b: Sum) -> Sum:
    """Distribute over a sum of quotients, so that they can cancel; keep 1 - A in one piece."""
    return times(a if a.divided else in_one_piece(a), b if b.divided else in_one_piece(b))


def _divided(a: Sum, b: Sum) -> Sum | None:
    if not b.terms or (b.divided and b.size > 1):
        return None
    return times(a if a.divided else in_one_piece(a), inverse(b))


def _squared(a: Sum) -> Sum:
    return times(in_one_piece(a), in_one_piece(a))


def _only(a: Sum) -> Sum:
    return a


_ARITHMETIC: dict[Any, Callable[..., Sum | None]] = {
    np.add: plus,
    np.subtract: lambda a, b: plus(a, b, -1.0),
    np.negative: lambda a: plus(number(0), a, -1.0),
    np.multiply: _multiplied,
    np.true_divide: _divided,
    np.square: _squared,
    np.broadcast_to: _only,
    np.reshape: _only,
    spread: _only,
    astype: _only,
}


def flattened(a: Sum) -> Sum | None:
    """Return the Sum with every piece multiplied out, or None if a division is left."""
    result = Sum({}, a.divided)
    for t, c in a.terms.items():
        product = number(c)
        for base, power in t:
            inner = flattened(base) if isinstance(base, Sum) else single(base)
            if power < 0 or inner is None:
                return None
            for _ in range(power):
                product = times(product, inner)
        result = plus(result, product)
        if result.size > MAX_TERMS:
            return None
    return Sum({t: c for t, c in result.terms.items() if abs(c) > 1e-15}, a.divided)
