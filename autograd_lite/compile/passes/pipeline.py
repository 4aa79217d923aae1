"""The passes in the order in which each finds what it looks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...rules.shaping import spread
from ..ir import Program, Var
from .algebra import simplify
from .cancel import cancel_divisions
from .cleanup import common_subexpressions, dead_code, fold, inline, separate_outputs
from .layer_names import name_layers
from .layout import choose_layouts
from .reductions import quicken
from .sigmoids import recognize_sigmoids


def readable(program: Program) -> Program:
    """Short, and in the user's own functions: what `derive` prints."""
    program = inline(dead_code(program), only=(spread,))
    program = common_subexpressions(simplify(fold(program)))
    program = recognize_sigmoids(simplify(cancel_divisions(program)))
    program = common_subexpressions(simplify(program))
    name_layers(program)
    return program


def quick(program: Program, examples: Mapping[Var, Any] | None = None) -> Program:
    """Short, and in calls that NumPy answers quickly: what a compiled step runs.

    With `examples`, arrays for the inputs, large products are timed both ways round.
    """
    short = inline(readable(program))
    short = common_subexpressions(simplify(fold(short)))
    short = common_subexpressions(simplify(quicken(short)))
    if examples is not None:
        short = choose_layouts(short, examples)
    return separate_outputs(dead_code(short), program)
