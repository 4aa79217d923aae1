"""Strength reduction across iterations: a product with a constant becomes a sum that is kept.

In full-batch training X never changes, W is used only as W @ X, and its update is linear in W and
in products dZ @ X.T. Then S = W @ X can be the state: dZ @ X.T adds dZ @ (X.T @ X) to it, a product
with an m x m matrix in place of two with the n x m one. It is the classic loop optimization, on
arrays. The lines of the update are used three times over: on S, on C, which sums up the dZ, and on
small vectors of coefficients. At the end W = (coefficients of the first W) + C @ X.T.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rules.indexing import getitem
from .passes import dead_code
from .program import Line, Program, Var, fill, variables

_LINEAR = {np.add, np.subtract, np.negative, np.multiply, np.true_divide, np.positive}


@dataclass
class Reduced:
    """A loop body on reduced states, with what runs before and after the loop."""

    program: Program
    states: list[tuple[Var, Any]]  # input and output of each state, in the order of the new inputs
    before: list[Line]  # from the first states and the constants: S, C, coefficients
    after: list[Line]  # the last states
    results: list[Var]  # of `after`, one for each state of the original
    saved: float  # share of the multiplications


def reduce_strength(program: Program, pairs: list[tuple[Var, Any]]) -> Reduced | None:
    """The reduced loop, or None where it does not apply or would not save work.

    `pairs` are the input and the output variable of each state.
    """
    states = {s for s, _ in pairs}
    made = {line.out: line for line in program.lines if not line.several}
    for line in program.lines:
        if line.fn is np.matmul and isinstance(line.args[0], Var) and line.args[0] in states:
            X = line.args[1]
            fixed = isinstance(X, Var) and X not in states and X not in made
            if fixed and len(X.shape) == 2 and len(line.args[0].shape) == 2:
                found = family(program, pairs, made, line.args[0], X)
                if found is not None:
                    reduced = transform(program, pairs, made, found, X)
                    if reduced is not None:
                        return reduced
    return None


def family(
    program: Program, pairs: list[tuple[Var, Any]], made: dict[Var, Line], W: Var, X: Var
) -> set[Var] | None:
    """The states that move with W, and the lines between them; None if W is used otherwise."""
    members = {s for s, out in pairs if s.shape == W.shape and s.dtype == W.dtype}
    while W in members:
        linear = set(members)
        for line in program.lines:
            if not line.several and is_linear(line, linear, made, X):
                linear.add(line.out)
        # Everything that reads a member must itself be in the family, or be a product with X.
        outputs = {s: out for s, out in pairs}
        wrong: set[Var] = set()
        for line in program.lines:
            if line.several or (line.out not in linear and not is_product(line, linear, X)):
                wrong |= {v for v in variables((line.args, line.kwargs)) if v in linear}
        others = [out for out in program.outputs if isinstance(out, Var) and out in linear]
        allowed = {outputs[s] for s in members}
        wrong |= {out for out in others if out not in allowed}
        wrong |= {s for s in members if outputs[s] not in linear}
        if not wrong:
            return linear
        dropped = {s for s in members if s in wrong or leads_to(s, wrong, linear, made)}
        if not dropped:
            return None
        members -= dropped
    return None


def leads_to(s: Var, wrong: set[Var], linear: set[Var], made: dict[Var, Line]) -> bool:
    """Whether a wrong variable was computed from state s inside the family."""
    for v in wrong:
        stack = [v]
        while stack:
            u = stack.pop()
            if u is s:
                return True
            if u in made and u in linear:
                stack += [a for a in variables(made[u].args) if a in linear]
    return False


def is_product(line: Line, linear: set[Var], X: Var) -> bool:
    """W @ X for a W of the family."""
    return line.fn is np.matmul and line.args[1] is X and line.args[0] in linear


def is_outer(line: Line, linear: set[Var], made: dict[Var, Line], X: Var) -> bool:
    """L @ X.T for any L that is not of the family itself."""
    if line.fn is not np.matmul:
        return False
    L, XT = line.args
    turned = made.get(XT)
    return turned is not None and turned.fn is np.transpose and turned.args == (X,) and L not in linear


def is_linear(line: Line, linear: set[Var], made: dict[Var, Line], X: Var) -> bool:
    """Whether a line only adds members, multiplies them by numbers, or makes a product L @ X.T."""
    if is_outer(line, linear, made, X):
        return True
    if line.fn not in _LINEAR or line.kwargs:
        return False
    inside = [isinstance(a, Var) and a in linear for a in line.args]
    if line.fn in (np.add, np.subtract):
        return all(inside)
    if line.fn in (np.multiply, np.true_divide):
        if sum(inside) != 1 or (line.fn is np.true_divide and not inside[0]):
            return False
        factor = line.args[inside.index(False)]
        return factor.shape == () if isinstance(factor, Var) else np.ndim(factor) == 0
    return all(inside)


def transform(
    program: Program, pairs: list[tuple[Var, Any]], made: dict[Var, Line], linear: set[Var], X: Var
) -> Reduced | None:
    """Write the body with S, C and coefficients in place of the family's states."""
    members = [s for s, _ in pairs if s in linear]
    h, n = members[0].shape
    m = X.shape[1]
    dtype = members[0].dtype
    old = new = 0
    for line in program.lines:
        if line.out in linear and is_outer(line, linear, made, X):
            old += 2 * h * n * m
            new += 2 * h * m * m
        elif line.out in linear:
            old += h * n
            new += 2 * h * m
        elif is_product(line, linear, X):
            old += 2 * h * n * m
    if new >= old:
        return None
    k = len(members)
    zeros, gram, XT = Var((k,), dtype, "no_change"), Var((m, m), dtype, "XTX"), Var((m, n), dtype, "XT")
    before = [
        Line(np.transpose, (X,), {}, (XT,)),
        Line(np.matmul, (XT, X), {}, (gram,)),
        Line(np.zeros, ((k,), np.dtype(dtype)), {}, (zeros,)),
    ]
    spaces: dict[str, dict[Var, Any]] = {"S": {}, "C": {}, "K": {}}
    for j, s in enumerate(members):
        S, C = (Var((h, m), dtype, f"{kind}_{s.name}") for kind in "SC")
        K = Var((k,), dtype, f"K_{s.name}")
        spaces["S"][s], spaces["C"][s], spaces["K"][s] = S, C, K
        unit = [float(i == j) for i in range(k)]
        before += [
            Line(np.matmul, (s, X), {}, (S,)),
            Line(np.zeros, ((h, m), np.dtype(dtype)), {}, (C,)),
            Line(np.array, (unit, np.dtype(dtype)), {}, (K,)),
        ]
    lines: list[Line] = []
    same: dict[Var, Any] = {}
    for line in program.lines:
        if not line.several and is_product(line, linear, X):
            same[line.out] = spaces["S"][line.args[0]]
            continue
        if line.several or line.out not in linear:
            lines.append(Line(line.fn, fill(line.args, same), fill(line.kwargs, same), line.outs, line.several))
            continue
        for kind, space in spaces.items():
            if is_outer(line, linear, made, X):
                L = fill(line.args[0], same)
                if kind == "S":
                    out = Var((h, m), dtype)
                    lines.append(Line(np.matmul, (L, gram), {}, (out,)))
                else:
                    out = L if kind == "C" else zeros
                space[line.out] = out
            else:
                out = Var((k,) if kind == "K" else (h, m), dtype)
                args = tuple(space.get(a, fill(a, same)) if isinstance(a, Var) else a for a in line.args)
                lines.append(Line(line.fn, args, line.kwargs, (out,)))
                space[line.out] = out
    states: list[tuple[Var, Any]] = []
    for s, out in pairs:
        if s in linear:
            states += [(space[s], space[out]) for space in spaces.values()]
        else:
            states.append((s, fill(out, same)))
    inputs = [s for s, _ in states] + [
        v for v in program.inputs if v not in {s for s, _ in pairs}
    ]
    rest = [fill(v, same) for v in program.outputs[len(pairs) :]]
    body = Program(
        [*inputs, zeros, gram], program.constants, lines, [out for _, out in states] + rest,
        program.notes,
    )
    after, results = recover(pairs, linear, spaces, XT, members)
    return Reduced(dead_code(body), states, before, after, results, 1 - new / old)


def recover(
    pairs: list[tuple[Var, Any]], linear: set[Var], spaces: dict[str, dict[Var, Any]], XT: Var,
    members: list[Var],
) -> tuple[list[Line], list[Var]]:
    """W = sum over j of (coefficient j) * (first state j) + C @ X.T, for each state W."""
    after: list[Line] = []
    results: list[Var] = []
    for s, _ in pairs:
        if s not in linear:
            results.append(s)
            continue
        total = Var(s.shape, s.dtype)
        after.append(Line(np.matmul, (spaces["C"][s], XT), {}, (total,)))
        for j, first in enumerate(members):
            number = Var((), s.dtype)
            part, new = Var(s.shape, s.dtype), Var(s.shape, s.dtype)
            after.append(Line(getitem, (spaces["K"][s], j), {}, (number,)))
            after.append(Line(np.multiply, (number, first), {}, (part,)))
            after.append(Line(np.add, (total, part), {}, (new,)))
            total = new
        results.append(total)
    return after, results
