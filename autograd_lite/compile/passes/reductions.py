"""Compute sums as products, which BLAS does in one call, and sigmoids' logarithms only once.

np.sum costs 1 us and more before it adds the first element, a dot product half of that, and it
needs no array for the products.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ...rules.traits import FINITE, has
from ..ir import Line, Program, Var, distinct
from .cleanup import common_subexpressions, dead_code
from .rewrite import (
    ROUNDING,
    UNSAFE,
    Condition,
    Definitions,
    Match,
    New,
    Rule,
    kind_of,
    once,
    rewrite,
    rewritten,
    rewritten_fully,
    rule,
)
from .sigmoids import FORMS

# Beyond so many elements NumPy's pairwise sum is the more accurate, and its start costs nothing.
SMALL = 4096


@rule(np.mean, keywords=True)
def mean_as_sum(line: Line, made: Definitions) -> New:
    """Replace mean(x) by sum(x) / n, which is how NumPy computes it."""
    if not is_plain_reduction(line) or not line.out.size:
        return None
    total = Var(line.out.shape, line.out.dtype)
    n = line.args[0].size // line.out.size
    return [
        dataclasses.replace(line, fn=np.sum, outs=(total,)),
        line.calling(np.true_divide, total, n),
    ]


def means_as_sums(program: Program) -> Program:
    """Write means as sums."""
    return rewritten(program, [mean_as_sum])


def total_that_shows(line: Line, program: Program) -> Var | None:
    """Return a number that is not finite if an element of the line's result is not."""
    showing = {line.out}
    for later in program.lines:
        if later.several or not any(v in showing for v in later.reads):
            continue
        divided_by = later.fn is np.true_divide and later.args[1] in showing
        if has(later.fn, FINITE) and not divided_by:
            if later.out.shape == ():
                return later.out
            showing.add(later.out)
    return None


def logs_of(form: Any) -> tuple[Rule, ...]:
    """Rewrites of log(A) and log(1 - A) for a sigmoid A that is written in this form."""
    return (
        rewrite(
            lambda n: np.log(form(n)), lambda n: -np.log(1 + np.exp(n)), shows, accuracy=UNSAFE
        ),
        rewrite(
            lambda n: np.log(1 - form(n)), lambda n: n - np.log(1 + np.exp(n)),
            shows, accuracy=UNSAFE,
        ),
    )  # fmt: skip


def shows(m: Match) -> bool:
    """Require a number that is not finite if an element of the logarithm is not."""
    return total_that_shows(m.line, m.made.program) is not None


LOGS = [r for form in FORMS for r in logs_of(form)]


def logs_of_sigmoids(program: Program) -> Program:
    """Write log(A) as -log(u), log(1 - A) as n - log(u), with A = 1 / u and u = 1 + exp(n).

    It is one logarithm instead of two, and finite where A rounds to 1, as the engine's is. It is
    not finite if exp(n) overflows, so a sum must show that, which is to be `finite`. The
    difference n - log(u) rounds to the precision of n, while log(1 - A) may be far smaller: UNSAFE.
    """
    if not any(line.rules for line in program.lines):
        return program  # nothing is differentiated: plain NumPy returns what it returns
    changed = rewritten(program, LOGS)
    made = changed.makers()
    replaced = [x for x in program.lines if x.fn is np.log and made[x.out].fn is not np.log]
    finite = [total_that_shows(line, program) for line in replaced]
    return common_subexpressions(changed.replace(finite=distinct([*program.finite, *finite])))


BLENDS = [
    # The course's cost. The new terms are no larger than those they replace.
    rewrite(
        lambda y, n, log: y * -log + (1 - y) * (n - log),
        lambda y, n, log: (1 - y) * n - log,
        accuracy=ROUNDING,
    ),
]  # fmt: skip


def blends(program: Program) -> Program:
    """Write Y (-log) + (1 - Y) (n - log) as (1 - Y) n - log."""
    return common_subexpressions(dead_code(rewritten(program, BLENDS)))


def small(*names: str) -> Condition:
    """Require few floating elements, all of the kind of the parameters, which are variables."""

    def condition(m: Match) -> bool:
        x = m.line.args[0]
        return (
            x.dtype.kind == "f"
            and 1 < x.size <= SMALL
            and all(
                isinstance(m.found[a], Var) and kind_of(m.found[a]) == kind_of(x) for a in names
            )
        )

    return condition


SUMS = [
    rewrite(
        lambda a, b: np.sum(a * b), lambda a, b: np.vdot(a, b),
        small("a", "b"), once(np.multiply), accuracy=ROUNDING,
    ),
    rewrite(
        lambda a: np.sum(-a), lambda a: -np.sum(a),
        small("a"), once(np.negative), accuracy=ROUNDING,  # a zero may change its sign
    ),
    # UNSAFE: two large sums may cancel or overflow though the sum of differences does not.
    rewrite(
        lambda a, b: np.sum(a + b), lambda a, b: np.sum(a) + np.sum(b),
        small("a", "b"), once(np.add), accuracy=UNSAFE,
    ),
    rewrite(
        lambda a, b: np.sum(a - b), lambda a, b: np.sum(a) - np.sum(b),
        small("a", "b"), once(np.subtract), accuracy=UNSAFE,
    ),
    # UNSAFE: the sum may overflow though that of the scaled elements does not.
    rewrite(
        lambda a, c: np.sum(a * c), lambda a, c: np.sum(a) * c,
        small("a"), once(np.multiply), accuracy=UNSAFE,
    ),
    rewrite(
        lambda a, c: np.sum(a / c), lambda a, c: np.sum(a) / c,
        small("a"), once(np.true_divide), accuracy=UNSAFE,
    ),
]  # fmt: skip


def sums_as_dots(program: Program) -> Program:
    """Write sum(a * b) over everything as a dot product, and sum(a + b) as sum(a) + sum(b)."""
    return rewritten_fully(program, SUMS)


def axis_sums_as_products(program: Program) -> Program:
    """Write the sum over the columns of a matrix as its product with a column of ones."""
    ones: dict[Var, Any] = {}

    @rule(np.sum, accuracy=ROUNDING, keywords=True)
    def product_with_ones(line: Line, made: Definitions) -> New:
        if not is_plain_reduction(line):
            return None
        x = line.args[0]
        if not 1 < x.size <= SMALL or line.out.dtype != x.dtype:
            return None
        if not line.kwargs:
            return line.calling(np.vdot, x, column(ones, x.shape, x.dtype))
        of_columns = line.kwargs.get("axis") in (1, -1, (1,), (-1,))
        if len(x.shape) == 2 and of_columns and line.kwargs.get("keepdims"):
            return line.calling(np.matmul, x, column(ones, (x.shape[1], 1), x.dtype))
        return None

    return rewritten(program, [product_with_ones], ones)


def column(ones: dict[Var, Any], shape: tuple[int, ...], dtype: Any) -> Var:
    """Return a constant of ones."""
    for v in ones:
        if v.shape == shape and v.dtype == dtype:
            return v
    v = Var(shape, dtype, "ones")
    ones[v] = np.ones(shape, dtype)
    return v


def is_plain_reduction(line: Line) -> bool:
    """Return whether a line reduces one array of floating numbers over some axes."""
    return (
        len(line.args) == 1
        and isinstance(line.args[0], Var)
        and not line.args[0].weak
        and line.args[0].dtype.kind == "f"
        and line.args[0].dtype.itemsize >= 4
        and set(line.kwargs) <= {"axis", "keepdims"}
    )
