"""Strength reduction across iterations: a product with a constant becomes a sum that is kept.

In full-batch training X never changes, W is used only as W @ X, and its update is linear in W and
in products dZ @ X.T. Then W = (first W) + C @ X.T, where C sums up the dZ, and C can be the state
instead: W @ X = (first W) @ X + C @ (X.T @ X), a product with an m x m matrix in place of two with
the n x m one. It is the classic loop optimization, on arrays. The lines of the update are used
twice over: on C, and on K, small vectors of coefficients. In general, with velocities and weight
decay, W = (coefficients of the first states) + C @ X.T, and so it is computed at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ..ir import Line, Program, Var, distinct, is_transpose
from .cleanup import dead_code, invariant
from .families import Family, Made, Pairs, find_family, is_product, outer_factor


@dataclass(frozen=True)
class Loop:
    """The body of a loop, with what runs before and after it."""

    body: Program
    states: list[tuple[Var, Any]]  # input and output of each state
    before: list[Line]  # from the first states and the constants
    after: list[Line]  # the states that the caller knows
    results: list[Var]  # of `after`, one for each state of the original
    saved: int = 0  # multiplications, for each iteration
    spent: int = 0  # multiplications, once


def reduce_strength(body: Program, before: list[Line], pairs: Pairs) -> Loop | None:
    """Return the reduced loop, or None if it does not apply or would not save work.

    `before` are lines that run once, `pairs` the input and the output variable of each state.
    """
    made = {v: line for line in [*before, *body.lines] for v in line.outs}
    changing = {s for s, _ in pairs} | {v for line in body.lines for v in line.outs}
    factors = [line.args[1] for line in body.lines if line.fn is np.matmul]
    for X in distinct(factors):
        for W, _ in pairs:
            for transposed in (False, True):
                fits = len(W.shape) == len(X.shape) == 2 and W.dtype == X.dtype
                if X in changing or not fits or W.shape[0 if transposed else 1] != X.shape[0]:
                    continue
                family = find_family(body, pairs, made, W, X, transposed)
                if family is not None and (saved := multiplications_saved(body, family, made)) > 0:
                    return Reduction(body, pairs, made, family).loop(saved)
    return None


def multiplications_saved(body: Program, family: Family, made: Made) -> int:
    """Return how many multiplications with n x m matrices an iteration saves, less the new ones."""
    h, n, m = family.sizes
    saved = 0
    for line in body.lines:
        if is_product(line, family.linear, family.X):
            saved += h * n * m - h * m * (m + len(family.members))
        elif line.out in family.linear and not is_transpose(line):
            outer = outer_factor(line, made, family.X) is not None
            saved += h * n * m if outer else h * n - h * m
    return saved


class Reduction:
    """Writes a loop with C and K in place of the family's states.

    A variable of the family stands for K @ (first states) + C @ X.T. None stands for a K of zeros.
    """

    def __init__(self, body: Program, pairs: Pairs, made: Made, family: Family) -> None:
        self.body, self.pairs, self.made, self.family = body, pairs, made, family
        self.h, self.n, self.m = family.sizes
        self.k = len(family.members)
        self.C: dict[Var, Any] = {}
        self.K: dict[Var, Any] = {}
        self.lines: list[Line] = []  # the part that is being written

    def loop(self, saved: int) -> Loop:
        """Return the loop, and what runs before and after it."""
        gram = self.start()
        before, self.lines = self.lines, []
        for line in self.body.lines:
            self.take(line, gram)
        states: list[tuple[Var, Any]] = []
        for s, out in self.pairs:
            if s not in self.family.linear:
                states.append((s, out))
                continue
            for space in (self.C, self.K):
                if space[out] is None:
                    space[out] = self.write(self.var(self.k), np.zeros, (self.k,), gram.dtype)
                if space[out] is not space[s]:
                    states.append((space[s], space[out]))
        old = {s for s, _ in self.pairs}
        moving = [s for s, _ in states]
        fixed = [v for line in before for v in line.outs if v not in moving]
        values = self.body.outputs[len(old) :]
        body = self.body.replace(
            inputs=[*moving, *(v for v in self.body.inputs if v not in old), *fixed],
            lines=self.lines,
            outputs=[*(out for _, out in states), *values],
            watched=distinct(self.C.get(v, v) for v in self.body.watched),
        )
        once, body = invariant(dead_code(body), set(moving))
        self.lines = []
        results = [self.recovered(s) if s in self.C else s for s, _ in self.pairs]
        spent = self.n * self.m * (self.m + 2 * self.k * self.h)
        return Loop(body, states, [*before, *once], self.lines, results, saved, spent)

    def write(self, out: Var, fn: Any, *args: Any) -> Var:
        """Append a line; return its variable."""
        self.lines.append(Line(fn, args, {}, (out,)))
        return out

    def var(self, *shape: int, name: str | None = None) -> Var:
        """Return a new variable of the family's dtype."""
        return Var(shape, self.family.X.dtype, name)

    def start(self) -> Var:
        """Write X.T, (first states) @ X, and C and K of the first states; return X.T @ X."""
        X, h, m, k = self.family.X, self.h, self.m, self.k
        self.XT = self.write(self.var(m, self.n, name="XT"), np.transpose, X)
        self.firsts: list[Var] = []
        self.products: list[Var] = []
        for j, s in enumerate(self.family.members):
            transposed = self.family.transposed
            first = self.write(self.var(h, self.n), np.transpose, s) if transposed else s
            self.firsts.append(first)
            product = self.var(h, m, name=f"S_{s.name}")
            self.products.append(self.write(product, np.matmul, first, X))
            C, K = self.var(h, m, name=f"C_{s.name}"), self.var(k, name=f"K_{s.name}")
            self.C[s] = self.write(C, np.zeros, (h, m), X.dtype)
            self.K[s] = self.write(K, np.array, [float(i == j) for i in range(k)], X.dtype)
        return self.write(self.var(m, m, name="XTX"), np.matmul, self.XT, X)

    def take(self, line: Line, gram: Var) -> None:
        """Write one line of the old body."""
        if is_product(line, self.family.linear, self.family.X):
            self.combine(line.args[0], self.products, gram, line.out)
        elif line.several or line.out not in self.family.linear:
            self.lines.append(line)
        elif (outer := outer_factor(line, self.made, self.family.X)) is not None:
            self.C[line.out], self.K[line.out] = outer[0], None
        else:
            self.C[line.out] = self.linear(line, self.C, (self.h, self.m))
            self.K[line.out] = self.linear(line, self.K, (self.k,))

    def linear(self, line: Line, space: Mapping[Var, Any], shape: tuple[int, ...]) -> Any:
        """Write a linear line on C or K."""
        args = [space[a] if isinstance(a, Var) and a in space else a for a in line.args]
        if is_transpose(line):
            return args[0]
        if None not in args:
            return self.write(self.var(*shape), line.fn, *args)
        if line.fn in (np.add, np.subtract):
            a, b = args
            if b is None:
                return a
            return b if line.fn is np.add else self.write(self.var(*shape), np.negative, b)
        return None  # a number times zero

    def combine(self, v: Var, firsts: Sequence[Var], right: Var, out: Var) -> Var:
        """Write out = the sum of K[j] * firsts[j], plus C @ right, for a variable v."""
        total: Var | None = None
        for j, first in enumerate(firsts if self.K[v] is not None else ()):
            number = self.write(self.var(), getitem, self.K[v], j)
            part = self.write(self.var(*out.shape), np.multiply, number, first)
            if total is not None:
                part = self.write(self.var(*out.shape), np.add, total, part)
            total = part
        if total is None:
            return self.write(out, np.matmul, self.C[v], right)
        product = self.write(self.var(*out.shape), np.matmul, self.C[v], right)
        return self.write(out, np.add, total, product)

    def recovered(self, s: Var) -> Var:
        """Write a state as the caller knows it."""
        W = self.combine(s, self.firsts, self.XT, self.var(self.h, self.n))
        return self.write(self.var(*s.shape), np.transpose, W) if self.family.transposed else W
