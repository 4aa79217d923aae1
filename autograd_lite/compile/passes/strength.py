"""Strength reduction across iterations: a product with a constant becomes a sum that is kept.

In full-batch training X never changes, W is used only as W @ X, and its update is linear in W and
in products dZ @ X.T. Then S = W @ X can be the state: dZ @ X.T adds dZ @ (X.T @ X) to it, a product
with an m x m matrix in place of two with the n x m one. It is the classic loop optimization, on
arrays. The lines of the update are used three times over: on S, on C, which sums up the dZ, and on
K, small vectors of coefficients. At the end W = (coefficients of the first W) + C @ X.T.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ..ir import Line, Program, Var, distinct, fill
from .algebra import is_transpose
from .cleanup import dead_code
from .families import Family, Pairs, family, is_product, outer_factor, states_in


@dataclass(frozen=True)
class Loop:
    """The body of a loop, with what runs before and after it."""

    body: Program
    states: list[tuple[Var, Any]]  # input and output of each state
    before: list[Line]  # from the first states and the constants: S, C, K
    after: list[Line]  # the states that the caller knows
    results: list[Var]  # of `after`, one for each state of the original
    saved: int = 0  # multiplications, for each iteration
    spent: int = 0  # multiplications, once


def reduce_strength(body: Program, before: list[Line], pairs: Pairs) -> Loop | None:
    """The reduced loop, or None where it does not apply or would not save work.

    `before` are lines that run once, `pairs` the input and the output variable of each state.
    """
    made = {v: line for line in [*before, *body.lines] for v in line.outs}
    changing = {s for s, _ in pairs} | {v for line in body.lines for v in line.outs}
    states = {s for s, _ in pairs}
    for line in body.lines:
        if line.fn is not np.matmul or not all(isinstance(a, Var) for a in line.args):
            continue
        product, X = line.args
        if X in changing or len(X.shape) != 2 or len(product.shape) != 2:
            continue
        for W, turned in states_in(product, states, made):
            found = family(body, pairs, made, W, X, turned) if W.dtype == X.dtype else None
            saved = 0 if found is None else multiplications_saved(body, found, made)
            if found is not None and saved > 0:
                return Transform(body, pairs, made, found).reduced(saved)
    return None


def multiplications_saved(body: Program, found: Family, made: Mapping[Var, Line]) -> int:
    """By one iteration: two products with X against one with X.T @ X, and the sums beside them."""
    h, n, m = found.h, found.n, found.m
    saved = 0
    for line in body.lines:
        if is_product(line, found.linear, found.X):
            saved += h * n * m
        elif outer_factor(line, found.linear, made, found.X) is not None:
            saved += h * n * m - h * m * m
        elif line.out in found.linear and not is_transpose(line):
            saved += h * n - 2 * h * m
    return saved


class Transform:
    """Writes the body with S, C and K in place of the family's states.

    A variable of the family stands for K @ (first states) + C @ X.T; its product with X is S. None
    stands for a K of zeros.
    """

    def __init__(
        self, body: Program, pairs: Pairs, made: Mapping[Var, Line], found: Family
    ) -> None:
        self.body, self.pairs, self.made, self.family = body, pairs, made, found
        dtype = found.members[0].dtype
        self.gram = Var((found.m, found.m), dtype, "XTX")
        self.XT = Var((found.m, found.n), dtype, "XT")
        self.S: dict[Var, Any] = {}
        self.C: dict[Var, Any] = {}
        self.K: dict[Var, Any] = {}
        self.lines: list[Line] = []
        self.same: dict[Var, Any] = {}

    def reduced(self, saved: int) -> Loop:
        """The loop, and what runs before and after it."""
        before = self.start()
        for line in self.body.lines:
            self.take(line)
        family, pairs = self.family, self.pairs
        states: list[tuple[Var, Any]] = []
        fixed: list[Var] = [self.gram]
        for s, out in pairs:
            if s not in family.linear:
                states.append((s, fill(out, self.same)))
                continue
            for space in (self.S, self.C, self.K):
                new = space[out]
                if new is space[s]:
                    fixed.append(new)
                else:
                    states.append((space[s], self.zeros() if new is None else new))
        old = {s for s, _ in pairs}
        inputs = [s for s, _ in states] + [v for v in self.body.inputs if v not in old] + fixed
        values = [fill(v, self.same) for v in self.body.outputs[len(pairs) :]]
        watched = [self.C[v] if v in self.C else fill(v, self.same) for v in self.body.watched]
        body = Program(
            inputs,
            self.body.constants,
            self.lines,
            [out for _, out in states] + values,
            distinct(watched),
            distinct(fill(v, self.same) for v in self.body.finite),
        )
        after, results = self.recover()
        h, n, m = family.h, family.n, family.m
        spent = n * m * m + 2 * len(family.members) * h * n * m
        return Loop(dead_code(body), states, before, after, results, saved, spent)

    def start(self) -> list[Line]:
        """S, C and K of the first states."""
        family = self.family
        h, m, k = family.h, family.m, len(family.members)
        lines = [
            Line(np.transpose, (family.X,), {}, (self.XT,)),
            Line(np.matmul, (self.XT, family.X), {}, (self.gram,)),
        ]
        for j, s in enumerate(family.members):
            dtype = s.dtype
            S, C = (Var((h, m), dtype, f"{kind}_{s.name}") for kind in "SC")
            K = Var((k,), dtype, f"K_{s.name}")
            first = s
            if family.turned:
                first = Var(s.shape[::-1], dtype)
                lines.append(Line(np.transpose, (s,), {}, (first,)))
            unit = [float(i == j) for i in range(k)]
            lines += [
                Line(np.matmul, (first, family.X), {}, (S,)),
                Line(np.zeros, ((h, m), dtype), {}, (C,)),
                Line(np.array, (unit, dtype), {}, (K,)),
            ]
            self.S[s], self.C[s], self.K[s] = S, C, K
        return lines

    def zeros(self) -> Var:
        """A K of zeros as a line."""
        k, dtype = len(self.family.members), self.gram.dtype
        out = Var((k,), dtype)
        self.lines.append(Line(np.zeros, ((k,), dtype), {}, (out,)))
        return out

    def take(self, line: Line) -> None:
        """Write one line of the old body."""
        linear = self.family.linear
        if is_product(line, linear, self.family.X):
            self.same[line.out] = self.S[line.args[0]]
        elif line.several or line.out not in linear:
            self.lines.append(line.using(self.same))
        elif (L := outer_factor(line, linear, self.made, self.family.X)) is not None:
            L = fill(L, self.same)
            self.S[line.out] = self.add(np.matmul, (L, self.gram), (self.family.h, self.family.m))
            self.C[line.out] = L
            self.K[line.out] = None
        else:
            shape = (self.family.h, self.family.m)
            self.S[line.out] = self.linear(line, self.S, shape)
            self.C[line.out] = self.linear(line, self.C, shape)
            self.K[line.out] = self.linear(line, self.K, (len(self.family.members),))

    def linear(self, line: Line, space: Mapping[Var, Any], shape: tuple[int, ...]) -> Any:
        """A linear line in one of the three spaces."""
        args = [
            space[a] if isinstance(a, Var) and a in space else fill(a, self.same) for a in line.args
        ]
        if is_transpose(line):
            return args[0]
        if None not in args:
            return self.add(line.fn, tuple(args), shape)
        if line.fn in (np.add, np.subtract):
            a, b = args
            if b is None:
                return a
            return b if line.fn is np.add else self.add(np.negative, (b,), shape)
        return None  # a number times zero

    def add(self, fn: Any, args: tuple[Any, ...], shape: tuple[int, ...]) -> Var:
        """Append a line; its variable."""
        out = Var(shape, self.gram.dtype)
        self.lines.append(Line(fn, args, {}, (out,)))
        return out

    def recover(self) -> tuple[list[Line], list[Var]]:
        """W = sum over j of (coefficient j) * (first state j) + C @ X.T, for each state W."""
        lines: list[Line] = []
        results: list[Var] = []

        def line(fn: Any, *args: Any, shape: tuple[int, ...]) -> Var:
            lines.append(Line(fn, args, {}, (Var(shape, self.gram.dtype),)))
            return lines[-1].out

        for s, _ in self.pairs:
            if s not in self.family.linear:
                results.append(s)
                continue
            total = line(np.matmul, self.C[s], self.XT, shape=(self.family.h, self.family.n))
            if self.family.turned:
                total = line(np.transpose, total, shape=s.shape)
            for j, first in enumerate(self.family.members):
                number = line(getitem, self.K[s], j, shape=())
                part = line(np.multiply, number, first, shape=s.shape)
                total = line(np.add, total, part, shape=s.shape)
            results.append(total)
        return lines, results
