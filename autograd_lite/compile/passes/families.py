"""States of a loop that move together: W, its velocity, and what lies between them.

W is used only as W @ X with an X that never changes, and its update is linear in the family and in
products L @ X.T. w.T @ X counts too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...rules.traits import LINEAR, has, is_elementwise
from ..ir import Line, Program, Var, is_transpose, shape_of, variables

Pairs = Sequence[tuple[Var, Any]]
Made = Mapping[Var, Line]
# The members that a variable is computed from, and whether it stands for a transpose
Linear = Mapping[Var, tuple[frozenset[Var], bool]]


@dataclass(frozen=True)
class Family:
    """States that can be reduced, and all variables that are linear in them and in L @ X.T."""

    X: Var
    members: list[Var]
    linear: Linear
    transposed: bool  # the states are used transposed: w.T @ X

    @property
    def sizes(self) -> tuple[int, int, int]:
        """The rows h and columns n of W, and the columns m of X."""
        return self.members[0].shape[1 if self.transposed else 0], *self.X.shape  # type: ignore[return-value]


def find_family(
    body: Program, pairs: Pairs, made: Made, W: Var, X: Var, transposed: bool
) -> Family | None:
    """Return the states that move with W, and the lines between; None if W is used otherwise."""
    outputs = dict(pairs)
    members = {s for s in outputs if s.shape == W.shape and s.dtype == W.dtype}
    while W in members:
        linear = {s: (frozenset([s]), transposed) for s in members}
        # Whatever reads a member must itself be in the family, or be a product with X.
        wrong: list[Var] = []
        for line in body.lines:
            found = linearity(line, linear, made, X)
            if found is not None:
                linear[line.out] = found
            elif not is_product(line, linear, X):
                wrong += [v for v in line.reads if v in linear]
        # A member's next value is in the family, and is the only thing of it that leaves the loop.
        wrong += [s for s in members if linear.get(outputs[s], ((), None))[1] != transposed]
        leaving = [outputs[s] for s in outputs if s not in members], body.outputs[len(pairs) :]
        wrong += [v for v in variables(leaving) if v in linear]
        if not wrong:
            return Family(X, [s for s in outputs if s in members], linear, transposed)
        dropped = frozenset[Var]().union(*(linear[v][0] for v in wrong))
        if not dropped:
            return None
        members -= dropped
    return None


def is_product(line: Line, linear: Linear, X: Var) -> bool:
    """Return whether a line is W @ X for a W of the family."""
    if line.fn is not np.matmul or line.args[1] is not X:
        return False
    return line.args[0] in linear and not linear[line.args[0]][1]


def outer_factor(line: Line, made: Made, X: Var) -> tuple[Var, bool] | None:
    """Return L and False if a line is L @ X.T, L and True if it is the transpose X @ L.T."""
    if line.fn is not np.matmul:
        return None
    a, b = line.args
    inner = made[b].args[0] if b in made and is_transpose(made[b]) else None
    if inner is X:
        return a, False
    return (inner, True) if a is X and inner is not None else None


def linearity(line: Line, linear: Linear, made: Made, X: Var) -> tuple[frozenset[Var], bool] | None:
    """Return from which members a line computes, and whether a transpose; None if not linearly.

    It may add members, multiply them by numbers, transpose them, or make a product L @ X.T.
    """
    if line.several or line.kwargs or line.out.dtype != X.dtype:
        return None
    outer = outer_factor(line, made, X)
    if outer is not None and outer[0] not in linear:
        return frozenset(), outer[1]
    parts = [linear.get(a) if isinstance(a, Var) else None for a in line.args]
    inside = [part for part in parts if part is not None]
    if not inside:
        return None
    members = frozenset[Var]().union(*(part[0] for part in inside))
    transposed = inside[0][1]
    if is_transpose(line):
        return members, not transposed
    if line.fn in (np.multiply, np.true_divide):
        number = line.args[1 if parts[0] is not None else 0]
        one = len(inside) == 1 and (line.fn is np.multiply or parts[0] is not None)
        return (members, transposed) if one and shape_of(number) == () else None
    if len(inside) < len(parts) or not (has(line.fn, LINEAR) and is_elementwise(line.fn)):
        return None
    alike = {(a.shape, part[1]) for a, part in zip(line.args, inside, strict=True)}
    return (members, transposed) if len(alike) == 1 else None
