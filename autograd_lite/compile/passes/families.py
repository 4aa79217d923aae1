"""States of a loop that move together: W, its velocity, and what lies between them.

W is used only as W @ X with an X that never changes, and its update is linear in the family and in
products L @ X.T. w.T @ X counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir import Line, Program, Var, variables
from .algebra import is_transpose

_LINEAR = (np.add, np.subtract, np.negative, np.multiply, np.true_divide, np.positive)
Pairs = Sequence[tuple[Var, Any]]


@dataclass(frozen=True)
class Family:
    """States that can be reduced, and all variables that are linear in them and in L @ X.T."""

    X: Var
    members: list[Var]
    linear: set[Var]
    turned: bool  # the states are used transposed: w.T @ X

    @property
    def h(self) -> int:
        """Rows of W."""
        return self.members[0].shape[1 if self.turned else 0]

    @property
    def n(self) -> int:
        """Columns of W, rows of X."""
        return self.X.shape[0]

    @property
    def m(self) -> int:
        """Columns of X."""
        return self.X.shape[1]


def family(
    body: Program, pairs: Pairs, made: Mapping[Var, Line], W: Var, X: Var, turned: bool
) -> Family | None:
    """The states that move with W, and the lines between them; None if W is used otherwise."""
    outputs = dict(pairs)
    members = {s for s in outputs if s.shape == W.shape and s.dtype == W.dtype}
    while W in members:
        linear = set(members)
        for line in body.lines:
            if is_linear(line, linear, made, X):
                linear.add(line.out)
        # Everything that reads a member must itself be in the family, or be a product with X.
        wrong: set[Var] = {s for s in members if outputs[s] not in linear}
        for line in body.lines:
            if line.out not in linear and not is_product(line, linear, X):
                wrong |= linear.intersection(line.reads)
        # What leaves the loop otherwise than as a member's next value must not be in it either.
        leaving = [outputs[s] for s in outputs if s not in members], body.outputs[len(pairs) :]
        wrong |= linear.intersection(variables(leaving))
        if not wrong:
            return Family(X, [s for s in outputs if s in members], linear, turned)
        dropped = members & ancestors(wrong, linear, made)
        if not dropped:
            return None
        members -= dropped
    return None


def states_in(v: Var, states: set[Var], made: Mapping[Var, Line]) -> Iterator[tuple[Var, bool]]:
    """States that a left factor is a combination of, and whether they stand in it transposed."""
    stack = [(v, False)]
    seen = set()
    while stack:
        u, turned = stack.pop()
        if u in seen or len(u.shape) != 2:
            continue
        seen.add(u)
        if u in states:
            yield u, turned
        elif u in made and is_transpose(made[u]):
            stack.append((made[u].args[0], not turned))
        elif u in made and made[u].fn in _LINEAR:
            stack += [(a, turned) for a in made[u].reads]


def ancestors(of: Iterable[Var], within: set[Var], made: Mapping[Var, Line]) -> set[Var]:
    """Those of a family that some of it were computed from, themselves included."""
    found: set[Var] = set()
    stack = list(of)
    while stack:
        v = stack.pop()
        if v not in found:
            found.add(v)
            stack += [u for u in made[v].reads if u in within] if v in made else []
    return found


def is_product(line: Line, linear: set[Var], X: Var) -> bool:
    """W @ X for a W of the family."""
    return line.fn is np.matmul and line.args[1] is X and line.args[0] in linear


def outer_factor(line: Line, linear: set[Var], made: Mapping[Var, Line], X: Var) -> Var | None:
    """L, where a line is L @ X.T, or X @ L.T, for any L that is not of the family itself."""
    if line.fn is not np.matmul:
        return None
    a, b = line.args
    turned = made.get(b)
    if turned is None or not is_transpose(turned):
        return None
    L = a if turned.args[0] is X else turned.args[0] if a is X else None
    return L if L not in linear else None


def is_linear(line: Line, linear: set[Var], made: Mapping[Var, Line], X: Var) -> bool:
    """Whether a line only adds members, multiplies them by numbers, or makes a product L @ X.T."""
    if line.several or line.kwargs or line.out.dtype != X.dtype:
        return False
    if outer_factor(line, linear, made, X) is not None:
        return True
    inside = [isinstance(a, Var) and a in linear for a in line.args]
    if is_transpose(line):
        return inside[0]
    if line.fn in (np.multiply, np.true_divide):
        if sum(inside) != 1 or (line.fn is np.true_divide and not inside[0]):
            return False
        factor = line.args[inside.index(False)]
        return (factor.shape if isinstance(factor, Var) else np.shape(factor)) == ()
    return line.fn in _LINEAR and all(inside) and len({a.shape for a in line.args}) == 1
