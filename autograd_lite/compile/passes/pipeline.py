"""The pipeline: lists of passes, in the order in which they run, and the driver that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ...rules.shaping import spread
from ..ir import Program, Var, check
from .algebra import simplify
from .cancellation import cancel_divisions
from .cleanup import common_subexpressions, dead_code, fold, inline, separate_outputs
from .layer_names import with_layers_named
from .layout import choose_layouts
from .reductions import (
    axis_sums_as_products,
    blends,
    logs_of_sigmoids,
    means_as_sums,
    sums_as_dots,
)
from .sigmoids import recognize_sigmoids

Pass = Callable[[Program], Program]

# Short, and in the user's own functions: what `derive` prints
READABLE: Sequence[Pass] = (
    dead_code,
    partial(inline, only=(spread,)),
    fold, simplify, common_subexpressions,
    cancel_divisions, simplify,
    recognize_sigmoids, simplify, common_subexpressions,
    with_layers_named,
)  # fmt: skip

# Sums and logarithms in calls that NumPy answers quickly
SPEED: Sequence[Pass] = (
    means_as_sums, logs_of_sigmoids,
    blends, sums_as_dots, axis_sums_as_products, dead_code,
)  # fmt: skip

# Short, and quick: what a compiled step runs
QUICK: Sequence[Pass] = (
    *READABLE,
    inline, fold, simplify, common_subexpressions,
    *SPEED, simplify, common_subexpressions,
)  # fmt: skip


def run(
    program: Program, passes: Sequence[Pass], show: Callable[[str], Any] | None = None
) -> Program:
    """Apply the passes in order, and check the Program after each.

    `show`, for example `print`, is called with the name of each pass and the Program after it.
    """
    for apply in passes:
        program = check(apply(program))
        if show is not None:
            name = getattr(apply, "func", apply).__name__
            show(f"# {name}: {len(program.lines)} lines\n{program}")
    return program


def readable(program: Program) -> Program:
    """Return the Program that `derive` prints."""
    return run(program, READABLE)


def quick(program: Program, examples: Mapping[Var, Any] | None = None) -> Program:
    """Return the Program that a compiled step runs.

    With `examples`, arrays for the inputs, large products are laid out for them.
    """
    layouts = partial(choose_layouts, examples=examples or {})
    return run(program, [*QUICK, layouts, partial(separate_outputs, original=program)])
